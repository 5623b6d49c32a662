import { expect, test } from '@playwright/test';
import { hydrated, listen, register } from './support';

test('register, use a template, run it, watch the tokens, find it in the history', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);

  const card = page.getByTestId('template-card').filter({ hasText: /classify and branch/i });
  await card.getByTestId('use-template').click();
  await page.waitForURL(/\/workflows\/[0-9a-f-]{36}$/);
  await hydrated(page);
  const cards = page.getByTestId('node-card');
  await expect(cards.first()).toBeVisible();
  const count = await cards.count();
  expect(count).toBeGreaterThanOrEqual(4);

  await page.getByTestId('run-button').click();
  await expect(page.getByTestId('run-form')).toBeVisible();
  await page.getByTestId('run-start').click();

  // The model's words arrive while its step still runs.
  await expect(page.getByTestId('stream-text').first()).not.toBeEmpty({ timeout: 60_000 });
  await expect(page.locator('[data-testid="node-card"][data-state="completed"]').first()).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('[data-testid="node-card"][data-state="skipped"]').first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('run-output')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('run-output')).not.toBeEmpty();

  // The history has it, and a reload keeps it.
  await page.goto('/runs');
  const row = page.getByTestId('runs-table').locator('tbody tr').first();
  await expect(row).toContainText(/completed/i);
  await page.reload();
  await expect(page.getByTestId('runs-table').locator('tbody tr').first()).toContainText(/completed/i);

  await page.getByTestId('runs-table').locator('tbody tr a').first().click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(page.getByText(/completed/i).first()).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(page.getByText(/completed/i).first()).toBeVisible();
  expect(noise).toEqual([]);
});
