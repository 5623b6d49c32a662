import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { apiAccount, hydrated, listen, register } from './support';

// The chat page with the real model that the tests have, SmolLM2-135M.

const MODEL = 'smollm2-135m';
const draft = (page: Page) => page.getByTestId('chat-draft');
const answers = (page: Page) => page.getByTestId('chat-answer');

async function open(page: Page, path = '/chat') {
  await page.goto(path);
  await hydrated(page);
  await expect(draft(page)).toBeVisible();
}

async function ask(page: Page, question: string) {
  await draft(page).fill(question);
  await draft(page).press('Enter');
}

/** Waits until the last answer has ended. */
const ended = (page: Page) => expect(page.getByTestId('chat-send')).toBeVisible({ timeout: 60_000 });

/** The likeliest words, and few of them. */
async function tune(page: Page, limit: number) {
  await page.getByTestId('chat-tune').click();
  await page.locator('#chat-temperature').fill('0');
  await page.getByLabel('Longest answer').fill(String(limit));
  await page.getByLabel('Longest answer').press('Tab');
  await page.getByTestId('chat-tune').click();
}

const model = async (page: Page) => {
  const { items } = (await (await page.request.get('/api/models')).json()) as { items: { name: string; state: string }[] };
  return items.find((item) => item.name === MODEL)!;
};

test('a question, its answer with its speed, kept over a reload, asked again, edited, cleared and taken back', async ({ page, context }) => {
  const noise = listen(page);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await register(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Chat' }).click();
  await expect(page.getByTestId('chat-example')).toHaveCount(3);
  await expect(page.getByTestId('chat-partner')).toHaveValue(MODEL);
  await tune(page, 12);

  await draft(page).fill('What is the capital');
  await draft(page).press('Shift+Enter');
  await draft(page).pressSequentially('of France?');
  await draft(page).press('Enter');
  await ended(page);
  await expect(answers(page)).toContainText('Paris');
  await expect(page.getByTestId('chat-question')).toHaveText('What is the capital\nof France?');
  await expect(page.getByTestId('chat-speed')).toHaveText(/^\d+(\.\d)? tokens\/s, first after \d+\.\d s$/);
  await answers(page).getByRole('button', { name: 'Copy answer' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('Paris');

  const before = await page.locator('.said__text').innerText();
  await page.reload();
  await hydrated(page);
  await expect(page.locator('.said__text')).toHaveText(before);
  await page.getByTestId('chat-tune').click();
  await expect(page.getByLabel('Longest answer')).toHaveValue('12');
  await page.getByTestId('chat-tune').click();

  await answers(page).getByRole('button', { name: 'Answer again' }).click();
  await ended(page);
  await expect(page.locator('.said__text')).toHaveText(before);

  await ask(page, 'And of Italy?');
  await ended(page);
  await expect(answers(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Edit and send again' }).first().click();
  await expect(draft(page)).toHaveValue('What is the capital\nof France?');
  await ask(page, 'What is the capital of Spain?');
  await ended(page);
  await expect(answers(page)).toHaveCount(1);
  await expect(page.getByTestId('chat-question')).toHaveText('What is the capital of Spain?');

  await page.getByTestId('chat-new').click();
  await expect(page.getByTestId('chat-example')).toHaveCount(3);
  await page.getByTestId('toast-undo').click();
  await expect(page.getByTestId('chat-question')).toHaveText('What is the capital of Spain?');
  expect(noise).toEqual([]);
});

test('Escape stops the answer, on the server too; another account waits its turn', async ({ page, request, baseURL }) => {
  await register(page);
  await open(page);
  await page.getByTestId('chat-tune').click();
  await page.locator('#chat-temperature').fill('1.5');
  await page.getByLabel('Longest answer').fill('3000');
  await page.getByLabel('Longest answer').press('Tab');
  await ask(page, 'Tell me a very long story about a mill.');
  await expect(page.locator('.said__text')).not.toBeEmpty();
  expect((await model(page)).state).toBe('busy');
  await page.keyboard.press('Escape');
  await expect(answers(page)).toContainText('Stopped.');
  await expect.poll(async () => (await model(page)).state).toBe('ready');
  const kept = await page.locator('.said__text').innerText();
  await page.reload();
  await hydrated(page);
  await expect(page.locator('.said__text')).toHaveText(kept, { useInnerText: true });

  const { headers } = await apiAccount(request);
  const stop = new AbortController();
  const body = { model: MODEL, max_tokens: 3000, temperature: 1.5, messages: [{ role: 'user', content: 'A story.' }] };
  const other = await fetch(`${baseURL}/api/chat`, {
    method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body), signal: stop.signal,
  });
  await expect.poll(async () => (await model(page)).state).toBe('busy');
  await ask(page, 'Hello?');
  await expect(page.getByTestId('chat-wait')).toContainText('Waiting for the model: 1 before you');
  await other.body!.cancel().catch(() => {});
  stop.abort();
  await expect(answers(page).last().locator('.said__text')).not.toBeEmpty({ timeout: 30_000 });
  // Who leaves the page does not wait for the answer.
  await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click();
  await expect.poll(async () => (await model(page)).state).toBe('ready');
});

test('a workflow answers: its text as it was written, its run beside it', async ({ page }) => {
  await register(page);
  const said = 'One:\n\n```html\n<b onclick="x()">no</b>\n```\n\n- **two** `three`\n\n<img src=x onerror="document.title=1">';
  const path = await make(page.request, 'Say', [['Answer', 'transform', { expression: JSON.stringify(said) }]], []);
  expect((await page.request.put(`/api${path}`, { data: { name: 'Say', is_active: true } })).ok()).toBe(true);
  await open(page);
  await page.getByTestId('chat-partner').selectOption({ label: 'Say' });
  await expect(page.getByText('Talk to Say')).toBeVisible();
  await ask(page, 'x');
  await ended(page);
  await expect(page.locator('.said__code pre')).toHaveText('<b onclick="x()">no</b>');
  await expect(page.locator('.said__text strong')).toHaveText('two');
  await expect(page.locator('.said__text')).toContainText('<img src=x');
  await expect(page.locator('.said__text img')).toHaveCount(0);
  await page.getByRole('link', { name: 'See its run' }).click();
  await expect(page.getByTestId('run-header')).toBeVisible();
});

test('what goes wrong is said, and the question is still there', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Fails', [['Break', 'transform', { expression: 'input.missing' }]], []);
  expect((await page.request.put(`/api${path}`, { data: { name: 'Fails', is_active: true } })).ok()).toBe(true);
  await open(page, '/chat?model=workflow/Fails');
  await ask(page, 'Is this kept?');
  await expect(page.getByTestId('chat-error')).toContainText('Break: ');
  await page.route('**/api/chat', (route) => route.abort());
  await page.getByRole('button', { name: 'Ask again' }).click();
  await expect(page.getByTestId('chat-error')).toContainText("can't be reached");
  await page.unroute('**/api/chat');
  await page.reload();
  await hydrated(page);
  await expect(page.getByTestId('chat-question')).toHaveText('Is this kept?');
  await expect(page.getByTestId('chat-error')).toContainText("can't be reached");

  await page.getByTestId('chat-partner').selectOption(MODEL);
  await tune(page, 5);
  await ask(page, 'mill '.repeat(5000));
  await expect(page.getByTestId('chat-error').last()).toContainText(/has \d+ tokens; the model takes at most \d+/);
});

test('a phone has room for it', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await register(page);
  await open(page);
  await tune(page, 5);
  await ask(page, `A word of ${'many'.repeat(60)} letters`);
  await ended(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const box = (await draft(page).boundingBox())!;
  expect(box.y + box.height).toBeLessThan(844 - 56);
});
