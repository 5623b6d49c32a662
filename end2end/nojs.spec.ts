import { expect, test } from '@playwright/test';
import { apiAccount, person } from './support';

test.use({ javaScriptEnabled: false });

test('register and sign in are plain forms', async ({ page, context }) => {
  const who = person();
  const fill = async (password: string) => {
    await page.getByLabel('User name').fill(who.username);
    await page.getByLabel('E-mail').fill(who.email);
    await page.locator('input[name="password"]').fill(password);
    await page.getByTestId('submit').click();
  };
  await page.goto('/register');
  await fill('short');
  await expect(page.getByText(/at least 8 characters/i)).toBeVisible();
  await fill(who.password);
  await expect(page.getByRole('heading', { name: /start from a template/i })).toBeVisible();
  await expect(page.getByText(/JavaScript is off/)).toBeVisible();

  await context.clearCookies();
  await page.goto('/runs');
  await expect(page, 'sent to sign in, and back afterwards').toHaveURL(/\/sign-in\?next=/);
  const signIn = async (password: string) => {
    await page.getByLabel(/User name/).fill(who.username);
    await page.locator('input[name="password"]').fill(password);
    await page.getByTestId('submit').click();
  };
  await signIn('not the password');
  await expect(page.getByTestId('form-error')).toContainText(/wrong/i);
  await signIn(who.password);
  await expect(page).toHaveURL(/\/runs$/);
  await page.getByTestId('sign-out').first().click();
  await page.goto('/runs');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('lists and the steps of a run can be read', async ({ page, request }) => {
  const { who, headers } = await apiAccount(request);
  const made = await request.post('/api/workflows', {
    headers,
    data: { name: 'Shout' },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await made.json();
  const node = await request.post(`/api/workflows/${id}/nodes`, {
    headers,
    data: { name: 'shout', node_type: 'transform', config: { expression: 'input.upper()' }, position_x: 0, position_y: 0 },
  });
  expect(node.status(), await node.text()).toBe(201);
  const run = await request.post(`/api/workflows/${id}/runs?wait=30`, { headers, data: { input_data: 'water' } });
  expect(run.ok(), await run.text()).toBeTruthy();

  await page.goto('/sign-in');
  await page.getByLabel(/User name/).fill(who.username);
  await page.locator('input[name="password"]').fill(who.password);
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('workflows-table')).toContainText('Shout');
  await page.goto('/runs');
  await page.getByTestId('runs-table').getByRole('link', { name: 'Shout' }).click();
  await expect(page.getByTestId('run-header')).toContainText(/completed/i);
  await expect(page.getByTestId('run-output')).toContainText('WATER');
  await page.getByTestId('step-row').filter({ hasText: 'shout' }).click();
  await page.getByRole('link', { name: 'Input' }).click();
  await expect(page.getByRole('region', { name: 'Chosen step' })).toContainText('water');
});
