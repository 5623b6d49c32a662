import { expect, test, type Page } from '@playwright/test';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { make, start } from './graphs';
import { hydrated, listen, register } from './support';

const SECRET = 'tok-3f9a1c-never-shown';
const row = (page: Page, name: string) => page.locator(`[data-testid="credential-row"][data-name="${name}"]`);

/** A server that answers with the authorization it was given. */
async function target(): Promise<{ server: Server; address: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, reply) => {
    seen.push(request.headers.authorization ?? '');
    reply.setHeader('content-type', 'application/json');
    reply.end(JSON.stringify({ said: request.headers.authorization, method: request.method }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('a credential: made, chosen for a step, used, replaced, deleted; its value is never shown', async ({ page }) => {
  const noise = listen(page);
  const { server, address, seen } = await target();
  await register(page);
  await page.goto('/credentials');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'No credentials yet' })).toBeVisible();

  await page.getByTestId('new-credential').click();
  await page.getByLabel('Name', { exact: true }).fill('Mill API');
  await page.locator('.kind[data-kind="basic"]').click();
  await expect(page.getByLabel('User name')).toBeVisible();
  await page.locator('.kind[data-kind="bearer"]').click();
  await page.getByTestId('credential-save').click();
  await expect(page.getByTestId('credential-dialog').getByRole('alert')).toContainText(/token is missing/i);
  await page.getByTestId('credential-value-0').fill(SECRET);
  await page.getByLabel('Allowed hosts').fill('127.0.0.1');
  await page.keyboard.press('Enter');
  await page.getByTestId('credential-save').click();
  await expect(page.getByTestId('credential-dialog')).toBeHidden();
  await expect(row(page, 'Mill API')).toContainText('127.0.0.1');

  const path = await make(page.request, 'Calls', [['call', 'http_request', { method: 'GET', url: `${address}/corn` }]], []);
  await page.goto(path);
  await hydrated(page);
  await page.locator('[data-testid="node-card"]').click({ position: { x: 60, y: 20 } });
  await page.locator('#config-credential').selectOption('Mill API');
  await page.getByRole('button', { name: 'Add a header' }).click();
  await page.getByLabel('Name of the header').fill('Accept');
  await page.getByLabel('Value of the header').fill('application/json');
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
  await page.getByTestId('run-button').click();
  await page.getByTestId('run-start').click();
  await expect(page.getByTestId('run-dialog')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.getByTestId('run-output').getByRole('button', { name: 'Raw' }).click();
  await expect(page.getByTestId('run-output')).toContainText('GET');
  expect(seen).toEqual([`Bearer ${SECRET}`]);
  const shown = await page.getByTestId('run-output').textContent();
  expect(shown, 'a reply that repeats it is redacted').not.toContain(SECRET);
  expect(shown).toContain('Mill API');

  // Another value; the old one is not asked for and not given.
  await page.goto('/credentials');
  await hydrated(page);
  await expect(row(page, 'Mill API')).toContainText('1 step');
  await row(page, 'Mill API').getByTestId('edit-credential').click();
  await expect(page.getByTestId('credential-value-0')).toHaveValue('');
  await page.getByTestId('credential-value-0').fill('tok-second');
  await page.getByTestId('credential-save').click();
  await expect(page.getByTestId('credential-dialog')).toBeHidden();
  await start(page.request, path, null, 30);
  expect(seen[1]).toBe('Bearer tok-second');
  expect(await page.content()).not.toContain(SECRET);

  await row(page, 'Mill API').getByTestId('delete-credential').click();
  await expect(page.getByTestId('uses')).toContainText('Calls');
  await page.getByTestId('confirm-yes').click();
  await expect(page.getByRole('heading', { name: 'No credentials yet' })).toBeVisible();
  server.close();
  expect(noise).toEqual([]);
});
