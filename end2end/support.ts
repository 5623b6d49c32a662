import { expect, type Page, type APIRequestContext } from '@playwright/test';

/** Collects what the console says; `expectQuiet` fails on any error or warning. */
export function listen(page: Page): string[] {
  const noise: string[] = [];
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type())) noise.push(`${m.type()}: ${m.text()}`);
  });
  page.on('pageerror', (e) => noise.push(`page error: ${e}`));
  return noise;
}

export async function hydrated(page: Page) {
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === 'true');
}

/** The editor with its second part. */
export async function whole(page: Page) {
  await hydrated(page);
  await expect(page.locator('[data-testid="editor"][data-whole]')).toBeVisible();
}

let people = 0;
/** A new name each time; the database of a run is shared by all specs. */
export function person() {
  people += 1;
  const username = `ada${Date.now().toString(36)}${people}`;
  return { username, email: `${username}@example.org`, password: 'a mill by the water' };
}

/** Registers through the page and ends on the dashboard, signed in. */
export async function register(page: Page, who = person()) {
  await page.goto('/register');
  await page.getByLabel('User name', { exact: false }).fill(who.username);
  await page.getByLabel('E-mail', { exact: false }).fill(who.email);
  await page.locator('input[name="password"], input[type="password"]').first().fill(who.password);
  await page.getByTestId('register-form').getByRole('button', { name: /create account|register/i }).click();
  await page.waitForURL((url) => url.pathname === '/');
  return who;
}

/** A bearer token of a new account, for the API. */
export async function apiAccount(request: APIRequestContext) {
  const who = person();
  const reply = await request.post('/api/auth/register', { data: who });
  expect(reply.status()).toBe(201);
  const { access_token } = await reply.json();
  return { who, headers: { authorization: `Bearer ${access_token}` } };
}
