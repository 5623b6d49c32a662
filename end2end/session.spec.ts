import { expect, test } from '@playwright/test';
import { make, type Step } from './graphs';
import { hydrated, register, whole } from './support';

const echo: Step = ['echo', 'transform', { expression: 'input' }];

test('a session that ends while one edits loses nothing', async ({ page, context }) => {
  const who = await register(page);
  const path = await make(page.request, 'Long day', [echo], []);
  await page.goto(path);
  await whole(page);
  const card = page.locator('[data-testid="node-card"][data-node-name="echo"]');
  await card.click({ position: { x: 60, y: 20 } });
  // What the page itself still asks for would open the dialog before the key is pressed.
  await page.waitForLoadState('networkidle');
  await context.clearCookies();
  await page.keyboard.press('d');
  await expect(card).toHaveClass(/is-off/);
  const dialog = page.getByTestId('sign-in-again');
  await expect(dialog).toContainText(`Password of ${who.username}`);
  await page.keyboard.press('Escape');
  await expect(dialog, 'the draft would be lost').toBeVisible();
  await dialog.getByLabel(/^Password of/).fill('not the password');
  await page.getByTestId('again-submit').click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByLabel(/^Password of/).fill(who.password);
  await page.getByTestId('again-submit').click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByTestId('save-state')).toContainText('Saved');
  await page.reload();
  await hydrated(page);
  await expect(card).toHaveClass(/is-off/);
});

test('a server that does not answer is said, until it does', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Offline', [echo], []);
  await page.goto(path);
  await hydrated(page);
  const away = (url: URL) => url.pathname.startsWith('/fn/') || url.pathname.startsWith('/health/');
  await page.route(away, (route) => route.abort());
  await page.locator('[data-testid="node-card"][data-node-name="echo"]').click({ position: { x: 60, y: 20 } });
  await page.keyboard.press('d');
  await expect(page.getByTestId('link-bar')).toContainText("can't be reached");
  await expect(page.getByTestId('save-state')).toContainText('Offline');
  await page.unroute(away);
  await expect(page.getByTestId('link-bar')).toHaveCount(0);
  await expect(page.getByTestId('save-state')).toContainText('Saved');
});

test('pages that are not there say so, with one way on', async ({ page }) => {
  await register(page);
  const nothing = '00000000-0000-7000-8000-000000000001';
  for (const path of ['/nowhere', `/workflows/${nothing}`, `/workflows/${nothing}/runs/${nothing}`, `/workflows/${nothing}/triggers`, `/workflows/${nothing}/versions`, '/collections/none', '/tables/none']) {
    const reply = await page.goto(path);
    expect(reply?.status(), path).toBe(404);
    await hydrated(page);
    await expect(page.locator('main a.btn'), path).toHaveCount(1);
  }
  await page.locator('main a.btn').click();
  await page.waitForURL((url) => url.pathname === '/');

  // Back and forward through pages and the states that are in their addresses.
  await hydrated(page);
  const rail = page.getByRole('navigation', { name: 'Main' });
  await rail.getByRole('link', { name: 'Runs' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Filter' }).getByRole('link', { name: 'Failed' }).click();
  await page.waitForURL(/status=failed/);
  await rail.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(/status=failed/);
  await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();
  await page.goBack();
  await page.goForward();
  await page.goForward();
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
});
