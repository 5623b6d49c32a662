import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="model"][data-model="${name}"]`);

async function fill(page: Page, name: string, url: string, model: string) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Base URL').fill(url);
  await page.getByLabel('Model', { exact: true }).fill(model);
}

test('a model of a service: added with its key, asked, chosen for a step, removed', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  // This very program is the service.
  await page.goto('/models');
  const origin = new URL(page.url()).origin;
  const key = (await (await page.request.post('/api/keys', { data: { name: 'Far', scopes: ['run'] } })).json()).key;
  const secret = { name: 'Far key', kind: 'openai', value: key, allowed_hosts: ['127.0.0.1'] };
  expect((await page.request.post('/api/credentials', { data: secret })).status()).toBe(201);
  await hydrated(page);

  await page.getByTestId('add-model').click();
  await fill(page, 'smollm2-135m', 'ftp://nowhere', 'smollm2-135m');
  await page.getByTestId('model-save').click();
  await expect(page.getByTestId('model-dialog').getByRole('alert')).toContainText('only http:// and https://');
  await fill(page, 'smollm2-135m', `${origin}/v1`, 'smollm2-135m');
  await page.getByTestId('model-save').click();
  await expect(page.getByTestId('model-dialog').getByRole('alert')).toContainText('model of this installation');
  await fill(page, 'Far', `${origin}/v1`, 'smollm2-135m');
  await page.getByLabel('Credential').selectOption({ label: 'Far key (127.0.0.1)' });
  await page.getByTestId('model-save').click();
  await expect(page.getByTestId('model-dialog')).toBeHidden();
  await expect(card(page, 'Far').getByTestId('model-state')).toHaveText('Elsewhere');
  await expect(card(page, 'Far')).toContainText('Far key');
  await card(page, 'Far').getByTestId('test-model').click();
  await expect(page.getByText(/“Far” answers “/)).toBeVisible();

  await make(page.request, 'Asks far', [['ask', 'llm_call', { prompt_template: 'x', model: 'Far' }]], []);
  await card(page, 'Far').getByTestId('remove-model').click();
  await expect(page.getByTestId('uses')).toContainText('Asks far');
  await page.getByTestId('confirm-yes').click();
  await expect(card(page, 'Far')).toHaveCount(0);
  // What is refused on purpose above.
  expect(noise.filter((line) => !/status of (409|422)/.test(line))).toEqual([]);
});
