import { expect, test, type Page } from '@playwright/test';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { make, start } from './graphs';
import { hydrated, listen, register, whole } from './support';

type Message = { content: string };

async function body(request: IncomingMessage) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString() || 'null') as { messages: Message[]; tools?: unknown };
}

/** A model that calls `api`, then `broken`, then answers, and the service that it calls. */
async function outside(): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const steps = [
    { thought: 'I ask the service for the weather.', action: { tool: 'api', input: { path: 'weather' } } },
    { thought: 'Now the other one, which may be away.', action: { tool: 'api_2', input: { url: 'http://10.0.0.1/' } } },
    { thought: 'I know enough.', action: { tool: 'final', input: 'It is sunny in Ghent.' } },
  ];
  const server = createServer((request, response) => {
    void (async () => {
      response.setHeader('content-type', 'application/json');
      if (request.url?.startsWith('/v1')) {
        const { messages, tools } = await body(request);
        if (tools) {
          response.statusCode = 400;
          response.end(JSON.stringify({ error: { message: 'This model does not support tools.' } }));
          return;
        }
        const step = steps[messages.filter((m) => m.content.startsWith('Result of ')).length];
        const message = { role: 'assistant', content: JSON.stringify(step) };
        const usage = { prompt_tokens: 120, completion_tokens: 20 };
        response.end(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }], usage }));
      } else {
        asked.push(request.url ?? '');
        response.end(JSON.stringify({ town: 'Ghent', sky: 'sunny', degrees: 21 }));
      }
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const panel = (page: Page) => page.getByTestId('config-panel');

test('an agent is built by hand, runs, and shows its steps', async ({ page }) => {
  const noise = listen(page);
  const { server, url, asked } = await outside();
  try {
    await register(page);
    const model = { name: 'Brain', base_url: `${url}/v1`, model: 'scripted' };
    expect((await page.request.post('/api/models', { data: model })).status()).toBe(201);
    const path = await make(page.request, 'Weather', [], []);
    await page.goto(path);
    await whole(page);
    await page.keyboard.press('n');
    await page.getByTestId('palette-search').fill('agent');
    await page.keyboard.press('Enter');
    await panel(page).locator('#config-prompt_template').fill('How is the weather in Ghent?');
    await panel(page).locator('#config-model').selectOption('Brain');

    // Each type has the fields that it needs, and says what is missing.
    const tools = panel(page).getByTestId('tool');
    await panel(page).getByTestId('add-workflow').click();
    await expect(tools.nth(0).getByRole('alert')).toContainText('missing');
    await tools.nth(0).getByRole('button', { name: 'Remove the tool 1' }).click();
    await expect(tools).toHaveCount(0);
    await panel(page).getByTestId('add-http_request').click();
    await panel(page).locator('#config-tools-0-url').fill(url);
    await tools.nth(0).getByText('More').click();
    await panel(page).locator('#config-tools-0-name').fill('api');
    await panel(page).getByTestId('add-http_request').click();
    await expect(tools).toHaveCount(2);
    await tools.nth(1).getByText('More').click();
    await panel(page).locator('#config-tools-1-name').fill('api');
    await expect(tools.nth(1).getByRole('alert')).toContainText('called api already');
    await panel(page).locator('#config-tools-1-name').fill('api_2');
    await expect(tools.nth(1).getByRole('alert')).toHaveCount(0);
    await tools.nth(1).getByText('PUT', { exact: true }).click();
    await expect(tools.nth(1).getByLabel('PUT', { exact: true })).toBeChecked();
    await tools.nth(1).getByText('PUT', { exact: true }).click();
    await expect(page.getByTestId('node-card')).toContainText('With 2 tools');
    const saved = async () => {
      const { nodes } = (await (await page.request.get(`/api${path}`)).json()) as { nodes: { config: { tools?: unknown } }[] };
      return nodes[0]?.config.tools;
    };
    const wanted = [{ type: 'http_request', name: 'api', url }, { type: 'http_request', name: 'api_2' }];
    await expect.poll(saved).toEqual(wanted);

    const run = await start(page.request, path, null, 30);
    await page.goto(run);
    await hydrated(page);
    await page.locator('.lane').filter({ hasText: 'Agent' }).getByTestId('bar').click();
    const steps = page.getByTestId('agent-step');
    await expect(steps).toHaveCount(3);
    await expect(steps.nth(0)).toContainText('I ask the service for the weather.');
    await expect(steps.nth(0)).toContainText('{"path":"weather"}');
    await expect(steps.nth(0)).toContainText('sunny');
    await expect(steps.nth(1)).toContainText('api_2');
    await expect(steps.nth(1).locator('.story__result')).toContainText('blocked');
    await expect(steps.nth(2)).toContainText('I know enough.');
    await expect(page.getByTestId('step-output')).toHaveText(/It is sunny in Ghent\./);
    expect(asked).toEqual(['/weather']);
    expect(noise).toEqual([]);
  } finally {
    server.close();
  }
});
