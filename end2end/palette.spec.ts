import { expect, test } from '@playwright/test';
import { make, start, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const echo: Step = ['echo', 'transform', { expression: 'input' }];

test('commands: found by a few letters, done by the keys', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Grind corn', [echo], []);
  await start(page.request, path, 'a', 30);
  const field = page.getByRole('combobox', { name: 'Search or do' });
  const lines = page.getByTestId('command');
  const chosen = page.locator('[data-testid="command"][aria-selected="true"]');

  await page.goto('/settings');
  await hydrated(page);
  await page.getByTestId('open-commands').click();
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('commands')).toBeHidden();
  await expect(page.getByTestId('open-commands'), 'the focus goes back').toBeFocused();

  // To a page, by its letters; the marked line is said to the reader.
  await page.keyboard.press('Control+k');
  await field.fill('tabl');
  await expect(chosen).toContainText('Go to Tables');
  await expect(field).toHaveAttribute('aria-activedescendant', 'command-0');
  await page.keyboard.press('ArrowUp');
  await expect(chosen).toContainText('New workflow “tabl”');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/tables$/);
  await expect(page.getByRole('heading', { level: 1 }), 'the focus follows').toBeFocused();

  // A workflow and a run by name.
  await page.keyboard.press('Control+k');
  await expect(lines.first(), 'what was used last comes first').toContainText('Go to Tables');
  await field.fill('grco');
  await expect(lines.filter({ hasText: 'Grind corn · run' })).toBeVisible();
  await lines.filter({ hasText: 'Grind corn · run' }).click();
  await expect(page.getByTestId('run-header')).toBeVisible();
  await page.keyboard.press('Control+k');
  await field.fill('Run Grind');
  await expect(chosen).toContainText('Run Grind corn');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('run-dialog'), 'asks for the input').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(new RegExp(`${path}$`));

  // Looks, and a new workflow.
  await page.keyboard.press('Control+k');
  await field.fill('dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.keyboard.press('Control+k');
  await field.fill('Bake bread');
  await lines.last().click();
  await expect(page.getByTestId('workflow-name')).toHaveValue('Bake bread');

  await page.setViewportSize({ width: 320, height: 640 });
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.setViewportSize({ width: 1440, height: 900 });
  await field.fill('sign out');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/sign-in$/);
  expect(noise).toEqual([]);
});

test('from the canvas of one workflow to that of another, and back', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const first = await make(page.request, 'Alpha', [echo], []);
  const second = await make(page.request, 'Beta', [echo, ['more', 'transform', { expression: 'input' }]], []);
  const name = page.getByTestId('workflow-name');
  const cards = page.getByTestId('node-card');
  await page.goto(first);
  await hydrated(page);
  await expect(cards).toHaveCount(1);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or do' }).fill('Beta');
  await page.getByTestId('command').first().click();
  await expect(name).toHaveValue('Beta');
  await expect(page).toHaveURL(new RegExp(`${second}$`));
  await expect(cards).toHaveCount(2);

  // What is written goes where it is read.
  await name.fill('Gamma');
  await name.press('Enter');
  await expect(page.getByTestId('save-state')).toContainText('Saved');
  await page.goBack();
  await expect(name).toHaveValue('Alpha');
  await expect(cards).toHaveCount(1);
  await page.goForward();
  await expect(name).toHaveValue('Gamma');
  await expect(cards).toHaveCount(2);
  expect(noise).toEqual([]);
});
