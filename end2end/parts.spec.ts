import { expect, test, type Page } from '@playwright/test';
import { stock } from './stock';
import { hydrated, listen, register } from './support';

// The program comes in parts that are loaded with the pages that need them. Every page must come alive after a hard
// reload and after a click, without a word in the console, and be complete without any script.

/** A workflow from the first template; gives its path. */
async function workflow(page: Page): Promise<string> {
  await page.goto('/');
  await hydrated(page);
  await page.getByTestId('use-template').first().click();
  await page.waitForURL(/\/workflows\/[0-9a-f-]+$/);
  return new URL(page.url()).pathname;
}

async function run(page: Page, path: string): Promise<string> {
  const reply = await page.request.post(`/api${path}/runs`, { data: { input_data: { text: 'A mill stands by the water and grinds corn.' } } });
  expect(reply.ok(), await reply.text()).toBe(true);
  const { run_id } = (await reply.json()) as { run_id: string };
  return `${path}/runs/${run_id}`;
}

test('every page comes alive, reloaded or reached by a click', async ({ page, browser }) => {
  const noise = listen(page);
  for (const path of ['/sign-in', '/register', '/nowhere']) {
    await page.goto(path);
    await hydrated(page);
  }
  expect(noise.filter((line) => !line.includes('404'))).toEqual([]);
  noise.length = 0;

  await register(page);
  const editor = await workflow(page);
  const detail = await run(page, editor);
  await stock(page.request);
  const routes = ['/', '/runs', editor, `${editor}/runs`, `${editor}/versions`, `${editor}/triggers`, detail, '/collections', '/collections/Notes', '/tables', '/tables/orders', '/credentials', '/models', '/chat', '/settings'];
  for (const path of routes) {
    await page.goto(path);
    await hydrated(page);
    await expect(page.locator('main')).toBeVisible();
    await page.reload();
    await hydrated(page);
    expect(noise, path).toEqual([]);
  }

  // From a page without the editor to one with it, and back.
  await page.goto('/runs');
  await hydrated(page);
  await page.locator(`a[href="${detail}"]`).first().click();
  await expect(page.getByTestId('run-header')).toBeVisible();
  await page.getByTestId('open-workflow').click();
  await expect(page.getByTestId('node-card').first()).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId('run-header')).toBeVisible();
  expect(noise).toEqual([]);

  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const still = await plain.newPage();
  for (const path of routes) {
    await still.goto(new URL(path, page.url()).href);
    await expect(still.locator('main'), path).toBeVisible();
  }
  await still.goto(new URL(editor, page.url()).href);
  await expect(still.getByTestId('node-card').first()).toBeVisible();
  await plain.close();
});

test('what was put off when the editor is left does nothing', async ({ page }) => {
  const noise = listen(page);
  await page.addInitScript(() => {
    // While `holding`, frames and timers wait until they are let go: as on a machine that is slow just then.
    const state = { holding: false, held: [] as (() => void)[] };
    Object.assign(window, { state });
    const [frame, timer] = [window.requestAnimationFrame.bind(window), window.setTimeout.bind(window)];
    window.requestAnimationFrame = (act) => (state.holding ? state.held.push(() => act(performance.now())) : frame(act));
    window.setTimeout = ((act: () => void, ms: number) => (state.holding ? state.held.push(act) : timer(act, ms))) as typeof setTimeout;
  });
  await register(page);
  const editor = await workflow(page);
  await page.goto('/runs');
  await hydrated(page);
  await page.locator('a[href="/"]').first().click();
  await page.locator(`a[href="${editor}"]`).first().click();
  await expect(page.locator('[data-testid="editor"][data-whole]')).toBeVisible();
  await page.evaluate(() => Object.assign((window as never as { state: object }).state, { holding: true }));
  // The dock takes a part of the canvas, a step is chosen, the graph is changed.
  await page.getByTestId('dock').getByRole('button', { name: 'Problems' }).click();
  await page.getByTestId('node-card').first().click();
  await page.keyboard.press('Control+D');
  await page.goBack();
  await expect(page.getByTestId('editor')).toHaveCount(0);
  const held = await page.evaluate(() => {
    const { state } = window as never as { state: { holding: boolean; held: (() => void)[] } };
    state.holding = false;
    state.held.forEach((act) => act());
    return state.held.length;
  });
  expect(held).toBeGreaterThan(2);
  await page.getByRole('link', { name: 'Runs' }).first().click();
  await page.waitForURL('**/runs');
  expect(noise).toEqual([]);
});
