import { expect, test } from '@playwright/test';
import { make, type Step } from './graphs';
import { apiAccount, hydrated, listen, register } from './support';

const echo: Step = ['echo', 'transform', { expression: 'input' }];

test('triggers: made, tried, paused, switched off, called from outside', async ({ page, playwright, baseURL }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Called', [echo], []);
  await page.goto(path);
  await hydrated(page);
  await expect(page.getByTestId('active-switch')).toHaveAttribute('aria-checked', 'true');
  await page.getByTestId('triggers-link').click();
  await expect(page.getByText('Nothing starts this workflow by itself')).toBeVisible();

  // A schedule: wrong first, its next times while typing, then right.
  await page.getByTestId('add-schedule').click();
  const form = page.getByTestId('schedule-form');
  await form.getByLabel('Name').fill('Morning');
  await form.getByLabel('Pattern').fill('0 0 30 2 *');
  await form.getByLabel('Time zone').fill('Europe/Berlin');
  await expect(page.getByTestId('schedule-preview')).toContainText('ever fires');
  await page.getByTestId('save-trigger').click();
  await expect(form.locator('.field__error')).toContainText('Never fires');
  await form.getByLabel('Pattern').fill('30 7 * * 1-5');
  await expect(page.getByTestId('schedule-preview').getByTestId('next-times').locator('li')).toHaveCount(5);
  await page.getByTestId('save-trigger').click();
  const schedule = page.locator('[data-testid="trigger"][data-kind="schedule"]');
  await expect(schedule).toContainText('Morning');
  await expect(schedule.getByTestId('next-times')).toContainText('07:30 +0');
  await expect(schedule.getByTestId('last-outcome')).toContainText('not fired yet');

  // A webhook that waits; its secret is shown once.
  await page.getByTestId('add-webhook').click();
  const hook = page.getByTestId('webhook-form');
  const secret = await hook.getByLabel('Secret').inputValue();
  expect(secret.length).toBeGreaterThan(30);
  await hook.getByText('Wait for the run').click();
  await page.getByTestId('save-trigger').click();
  await expect(page.getByTestId('hook-secret')).toHaveText(secret);
  await expect(page.getByTestId('hook-command')).toContainText(`Bearer ${secret}`);
  const url = await page.getByTestId('hook-url').innerText();
  expect(url.startsWith(`${baseURL}/hooks/`)).toBe(true);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByTestId('hook-secret')).toHaveCount(0);
  const outside = await playwright.request.newContext();
  const call = (token: string) => outside.post(url, { headers: { authorization: `Bearer ${token}` }, data: { n: 7 } });
  expect((await call('not the secret')).status()).toBe(404);
  const reply = await call(secret);
  expect(await reply.json()).toEqual({ echo: { n: 7 } });
  await page.reload();
  await hydrated(page);
  const card = page.locator('[data-testid="trigger"][data-kind="webhook"]');
  await expect(card.getByTestId('last-outcome')).toContainText('Completed');
  await expect(page.getByTestId('hook-curl'), 'without the secret').toContainText('$SECRET');

  // Paused, and let go on.
  await card.getByTestId('pause-trigger').click();
  await expect(card.getByTestId('trigger-state')).toHaveText('Paused');
  expect((await call(secret)).status()).toBe(409);
  await card.getByTestId('pause-trigger').click();
  await expect(card.getByTestId('trigger-state')).toHaveText('On');

  // Switched off as a whole, here and on the dashboard.
  await page.getByTestId('active-switch').click();
  await expect(card.getByTestId('trigger-state')).toHaveText('Off');
  expect((await call(secret)).status()).toBe(409);
  await page.goto('/');
  await hydrated(page);
  const row = page.getByTestId('workflows-table').locator('tr', { hasText: 'Called' });
  await expect(row.getByTestId('active-switch')).toHaveAttribute('aria-checked', 'false');
  await row.getByTestId('active-switch').click();
  await expect(row.getByTestId('active-switch')).toHaveAttribute('aria-checked', 'true');
  await expect.poll(async () => (await call(secret)).status()).toBe(200);

  // A test goes to its run.
  await page.goto(`${path}/triggers`);
  await hydrated(page);
  await schedule.getByTestId('test-trigger').click();
  await page.getByTestId('test-confirm').click();
  await expect(page.getByTestId('run-header')).toContainText('Schedule run');

  // Whom to tell, and away with the schedule.
  await page.goto(`${path}/triggers`);
  await hydrated(page);
  await page.getByTestId('notice-form').getByLabel('Tell this address').fill('chat.example.org');
  await page.getByTestId('save-notice').click();
  await expect(page.getByTestId('notice-form').locator('.field__error')).toContainText('not an address');
  await page.getByTestId('notice-form').getByLabel('Tell this address').fill('https://chat.example.org/x');
  await page.getByTestId('save-notice').click();
  await expect(page.getByTestId('toast')).toContainText('failure notice is saved');
  await schedule.getByTestId('delete-trigger').click();
  await page.getByTestId('delete-confirm').click();
  await expect(schedule).toHaveCount(0);

  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width}`).toBeLessThanOrEqual(width);
  }
  // Refusals are told to the page as status codes, which the browser mentions.
  expect(noise.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('triggers are made, paused and deleted by plain forms', async ({ page, request }) => {
    const { who, headers } = await apiAccount(request);
    const made = await request.post('/api/workflows', { headers, data: { name: 'Plain' } });
    const { id } = await made.json();
    await page.goto('/sign-in');
    await page.getByLabel(/User name/).fill(who.username);
    await page.locator('input[name="password"]').fill(who.password);
    await page.getByTestId('submit').click();
    await page.goto(`/workflows/${id}/triggers`);
    await page.getByTestId('add-schedule').click();
    const form = page.getByTestId('schedule-form');
    await form.getByLabel('Pattern').fill('nonsense');
    await page.getByTestId('save-trigger').click();
    await expect(page.getByTestId('form-error')).toContainText('not a cron pattern');
    await page.goto(`/workflows/${id}/triggers?new=schedule`);
    await form.getByLabel('Pattern').fill('0 6 * * *');
    await page.getByTestId('save-trigger').click();
    const card = page.getByTestId('trigger');
    await expect(card).toContainText('06:00 +00:00');
    await card.getByTestId('pause-trigger').click();
    await expect(card.getByTestId('trigger-state')).toHaveText('Paused');
    await page.getByTestId('active-switch').click();
    await expect(page.getByTestId('active-switch')).toHaveAttribute('aria-checked', 'false');
    await page.getByTestId('active-switch').click();
    await expect(page.getByTestId('active-switch')).toHaveAttribute('aria-checked', 'true');
    await card.getByTestId('delete-trigger').click();
    await page.getByTestId('delete-confirm').click();
    await expect(card).toHaveCount(0);
  });
});
