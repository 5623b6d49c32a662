import { expect, test } from '@playwright/test';
import { make, start, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const echo: Step = ['echo', 'transform', { expression: 'input' }];
const breaks: Step = ['breaks', 'transform', { expression: 'input.nothing' }];

test('the list: searched, filtered, sorted, walked through, deleted and taken back', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const good = await make(page.request, 'Bake bread', [echo], []);
  await start(page.request, good, 'a', 30);
  const bad = await make(page.request, 'Crack stones', [breaks], []);
  await start(page.request, bad, { some: 1 }, 30);
  await make(page.request, 'Ask', [['ask', 'llm_call', { prompt: '' }]], []);
  await page.request.post('/api/workflows', { data: { name: 'Draft' } });
  await page.goto('/');
  await hydrated(page);
  const links = page.getByTestId('workflow-link');
  await expect(links).toHaveText(['Draft', 'Ask', 'Crack stones', 'Bake bread']);

  const row = (name: string) => page.getByTestId('workflow-row').filter({ hasText: name });
  await expect(row('Draft').getByTestId('next-step')).toContainText('add the first step');
  await expect(row('Ask').getByTestId('next-step')).toContainText('ask:');
  await expect(row('Bake bread').getByTestId('next-step')).toHaveCount(0);
  await expect(row('Bake bread').getByRole('img', { name: /Last 1 runs?, none failed/ })).toBeVisible();

  await page.getByLabel('Order').selectOption('Name');
  await expect(links).toHaveText(['Ask', 'Bake bread', 'Crack stones', 'Draft']);
  const filter = page.getByRole('navigation', { name: 'Filter by the last run' });
  await filter.getByRole('link', { name: 'Failed' }).click();
  await expect(links).toHaveText(['Crack stones']);
  await filter.getByRole('link', { name: 'Never run' }).click();
  await expect(links).toHaveText(['Ask', 'Draft']);
  await page.goBack();
  await expect(links).toHaveText(['Crack stones']);
  await page.goto('/?sort=name');
  await hydrated(page);
  await page.getByTestId('workflow-search').fill('  BREAD');
  await expect(links).toHaveText(['Bake bread']);
  await page.getByTestId('workflow-search').fill('nothing like it');
  await expect(page.getByText('No workflow is like that')).toBeVisible();
  await page.getByTestId('workflow-search').fill('');

  // Down from the search into the list, and on.
  await page.getByTestId('workflow-search').press('ArrowDown');
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(links.nth(1)).toBeFocused();

  // Deleted, taken back; deleted for good once the message is gone.
  await row('Draft').getByTestId('row-delete').click();
  await expect(links).toHaveText(['Ask', 'Bake bread', 'Crack stones']);
  await page.getByTestId('toast-undo').click();
  await expect(links).toHaveText(['Ask', 'Bake bread', 'Crack stones', 'Draft']);
  await row('Draft').getByTestId('row-delete').click();
  await page.getByTestId('toast').getByRole('button', { name: 'Dismiss' }).click();
  const names = async () => {
    const list = (await (await page.request.get('/api/workflows')).json()) as { items: { name: string }[] };
    return list.items.map((w) => w.name).sort();
  };
  await expect.poll(names).toEqual(['Ask', 'Bake bread', 'Crack stones']);

  await links.nth(1).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`${good}$`));
  await page.goto('/');
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width}`).toBeLessThanOrEqual(width);
  }
  expect(noise).toEqual([]);
});

test('the first visit, and the templates with what they touch', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await expect(page.getByTestId('template-card')).toHaveCount(3);
  await page.getByRole('link', { name: /See \d more/ }).click();
  await page.waitForURL(/\/templates$/);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  const card = (slug: string) => page.locator(`[data-template="${slug}"]`);
  await expect(card('watch-an-api').getByTestId('touches')).toContainText('api.open-meteo.com');
  await expect(card('ask-my-documents').getByTestId('touches')).toContainText('Sample documents');
  await expect(card('summarise-a-text')).toContainText('Touches nothing outside');
  await page.setViewportSize({ width: 320, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await card('summarise-a-text').getByTestId('use-template').click();
  await page.waitForURL(/\/workflows\/[0-9a-f-]{36}$/);
  expect(noise).toEqual([]);
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('a template is used by a plain form', async ({ page }) => {
    await register(page);
    await page.goto('/templates');
    await page.locator('[data-template="extract-fields"]').getByTestId('use-template').click();
    await page.waitForURL(/\/workflows\/[0-9a-f-]{36}$/);
    await page.goto('/?show=never&sort=name');
    await expect(page.getByTestId('workflow-link')).toHaveCount(1);
  });
});
