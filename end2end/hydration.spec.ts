import { expect, test } from '@playwright/test';

// The page is complete without WASM and comes alive with it, without a word in the console.
test('the first page renders on the server and hydrates', async ({ page }) => {
  const noise: string[] = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && noise.push(m.text()));
  page.on('pageerror', (e) => noise.push(String(e)));
  await page.goto('/');
  await expect(page).toHaveTitle(/Millrace/);
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === 'true');
  expect(noise).toEqual([]);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });
  test('the sign-in page can be read', async ({ page }) => {
    await page.goto('/sign-in');
    await expect(page.getByRole('heading').first()).toBeVisible();
  });
});
