import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { make, start, type Step } from './graphs';
import { stock } from './stock';
import { hydrated, register } from './support';

// Every page in its main states, dark and light: axe finds nothing that WCAG 2.1 A and AA ask for.

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
const echo: Step = ['echo', 'transform', { expression: 'input' }];
const breaks: Step = ['breaks', 'transform', { expression: 'input.nothing' }];
const ask: Step = ['decide', 'approval', { message: 'Shall it be?' }];

async function clean(page: Page, what: string) {
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    // Colours that are still on their way are nobody's contrast.
    await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const ends = document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity);
      await Promise.allSettled(ends.map((a) => a.finished));
    });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const told = violations.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`).join(' | ')}`);
    expect.soft(told, `${what}, ${theme}`).toEqual([]);
  }
}

async function visit(page: Page, path: string, what = path) {
  await page.goto(path);
  await hydrated(page);
  await expect(page.locator('main')).toBeVisible();
  await clean(page, what);
}

test('before signing in', async ({ page }) => {
  await visit(page, '/sign-in');
  await page.getByLabel(/User name/).fill('nobody');
  await page.locator('input[name="password"]').fill('not a password');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('form-error')).toBeVisible();
  await clean(page, 'sign-in, refused');
  await visit(page, '/register');
  await visit(page, '/nowhere');
});

test('empty pages, and the commands', async ({ page }) => {
  test.setTimeout(400_000);
  await register(page);
  for (const path of ['/', '/templates', '/runs', '/collections', '/tables', '/credentials', '/models', '/chat', '/settings']) await visit(page, path, `${path}, empty`);
  await page.keyboard.press('Control+k');
  await expect(page.getByTestId('command').first()).toBeVisible();
  await clean(page, 'commands');
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/', 'first visit, phone');
});

test('pages with something in them', async ({ page }) => {
  test.setTimeout(400_000);
  await register(page);
  await stock(page.request);
  const good = await make(page.request, 'Good', [echo, ask], [['echo', 'out', 'decide']]);
  const bad = await make(page.request, 'Bad', [breaks], []);
  const waiting = await start(page.request, good, { words: ['a', 'b'], n: 3 });
  const failed = await start(page.request, bad, { some: 1 }, 30);
  for (const path of ['/', '/runs', '/collections', '/collections/Notes', '/tables', '/tables/orders', '/credentials', waiting, failed]) await visit(page, path);
  await visit(page, `${good}/versions`);
  await visit(page, `${good}/versions/1`);
  await page.goto('/');
  await hydrated(page);
  await page.getByTestId('new-workflow').click();
  await clean(page, 'new workflow');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/', waiting, '/tables/orders']) await visit(page, path, `${path}, phone`);
});

test('the editor', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Draw', [echo, ['say', 'llm_call', { prompt: '' }]], [['echo', 'out', 'say']]);
  await visit(page, path, 'editor');
  await page.locator('[data-testid="node-card"][data-node-name="echo"]').click({ position: { x: 60, y: 20 } });
  await clean(page, 'editor, a step chosen');
  await page.getByTestId('problem-count').click();
  await clean(page, 'editor, problems');
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await clean(page, 'editor, palette');
});

test('triggers', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Called', [echo], []);
  await visit(page, `${path}/triggers`, 'triggers, none');
  await visit(page, `${path}/triggers?new=schedule`, 'a new schedule');
  await page.getByTestId('save-trigger').click();
  await expect(page.getByTestId('trigger')).toHaveCount(1);
  await page.getByTestId('add-webhook').click();
  await page.getByTestId('save-trigger').click();
  await expect(page.getByTestId('hook-secret')).toBeVisible();
  await clean(page, 'a fresh secret');
  await page.getByTestId('delete-trigger').first().click();
  await expect(page.getByTestId('delete-confirm')).toBeVisible();
  await clean(page, 'a question');
});

test('by the keyboard: past the rail, and to the heading of the page one goes to', async ({ page }) => {
  await register(page);
  await page.goto('/runs');
  await hydrated(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tables' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Tables' })).toBeFocused();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0.001 || parseFloat(getComputedStyle(e).animationDuration) > 0.001).length);
  expect(moving, 'nothing moves where that is not wanted').toBe(0);
});
