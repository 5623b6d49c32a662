import { expect, test, type Page } from '@playwright/test';
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { make } from './graphs';
import { hydrated, listen, register, whole } from './support';

// The editor comes in two parts: what is needed to see a graph and move it, and all else.

const pkg = resolve(__dirname, '../target/site/pkg');
const manifest = JSON.parse(readFileSync(resolve(pkg, '__wasm_split_manifest.json'), 'utf8')) as Record<string, string[]>;
const files = (part: string) => manifest[Object.keys(manifest).find((name) => name.startsWith(part))!];
/** The files of the second part only. */
const late = files('editor_tools').filter((file) => !files('workflow_page').includes(file));
const isLate = (url: URL) => late.includes(basename(url.pathname, '.wasm'));

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const choose = (page: Page, name: string) => card(page, name).click({ position: { x: 60, y: 20 } });

/** Holds the second part back until the function that this gives is called. */
async function hold(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route(isLate, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

async function graph(page: Page) {
  await register(page);
  return make(
    page.request,
    'Load',
    [['first', 'transform', { expression: 'input' }], ['second', 'transform', { expression: 'inputs.in' }]],
    [['first', 'out', 'second']],
  );
}

/** Compressed bytes; as `scripts/budget.sh`. */
const BUDGET = 550 * 1024;

test('the canvas can be used after few bytes and requests', async ({ page }) => {
  const path = await graph(page);
  await page.addInitScript(() => {
    new MutationObserver((_, watch) => {
      if (document.documentElement.dataset.hydrated !== 'true') return;
      (window as unknown as { alive: number }).alive = performance.now();
      watch.disconnect();
    }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-hydrated'] });
  });
  await page.goto(path);
  await whole(page);
  await expect(card(page, 'first')).toBeVisible();
  const loaded = await page.evaluate(() => {
    const { alive } = window as unknown as { alive: number };
    const all = performance.getEntriesByType('resource').filter((e) => new URL(e.name).pathname.startsWith('/pkg/'));
    return all.map((e) => ({ file: new URL(e.name).pathname.slice(5), early: e.startTime < alive }));
  });
  const early = [...new Set(loaded.filter((l) => l.early).map((l) => l.file))];
  const bytes = early.reduce((sum, file) => sum + statSync(resolve(pkg, `${file}.br`)).size, 0);
  console.log(`${bytes} bytes in ${early.length} requests before the canvas can be used, ${loaded.length} requests in all`);
  expect(early).toContain('millrace.wasm');
  for (const file of files('workflow_page')) expect(early).toContain(`${file}.wasm`);
  for (const file of late) expect(early, 'the second part waits').not.toContain(`${file}.wasm`);
  expect(bytes).toBeLessThanOrEqual(BUDGET);
  expect(early.length).toBeLessThanOrEqual(16);
  expect(new Set(loaded.map((l) => l.file)).size, 'nothing is loaded twice').toBe(loaded.length);
});

test('what is asked for before the second part is there is done when it comes', async ({ page, context }) => {
  const noise = listen(page);
  const path = await graph(page);
  const release = await hold(page);
  await page.goto(path);
  await hydrated(page);

  // The canvas works and what is moved is saved.
  const before = (await card(page, 'second').boundingBox())!;
  await page.mouse.move(before.x + 60, before.y + 20);
  await page.mouse.down();
  await page.mouse.move(before.x + 100, before.y + 120, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => (await card(page, 'second').boundingBox())!.y).toBeGreaterThan(before.y + 50);
  await expect(page.getByTestId('drawer-waiting')).toBeVisible();
  await expect(page.getByTestId('save-state')).toContainText('Saved');

  // Letters meant for a drawer that is on its way are no commands.
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await expect(page.getByRole('complementary', { name: 'Add a step' })).toBeVisible();
  await page.keyboard.press('d');
  await page.keyboard.press('Escape');
  await expect(card(page, 'first')).toHaveCount(1);

  await choose(page, 'first');
  await page.keyboard.press('Control+d');
  await page.getByTestId('run-button').click();
  await expect(page.getByTestId('part-waiting')).toContainText('run dialog');
  release();
  await whole(page);
  await expect(page.getByTestId('run-dialog')).toBeVisible();
  await expect(page.getByTestId('part-waiting')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('node-card'), 'the copy that was asked for').toHaveCount(3);

  // From now on nothing of the program is missing, whatever becomes of the network.
  await context.setOffline(true);
  await choose(page, 'first');
  await expect(page.getByTestId('config-panel')).toBeVisible();
  await page.getByTestId('config-panel').locator('#config-expression').fill('input.');
  await expect(page.getByTestId('problem-count')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByTestId('add-node').click();
  await expect(page.getByTestId('palette-item').first()).toBeVisible();
  expect(noise.filter((line) => !/ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(line))).toEqual([]);
  await context.setOffline(false);
});

test('a second part that cannot be loaded says so and is tried again', async ({ page }) => {
  const path = await graph(page);
  await page.route(isLate, (route) => route.abort());
  await page.goto(path);
  await hydrated(page);
  await expect(page.getByTestId('part-lost')).toContainText('could not be loaded');
  await choose(page, 'first');
  await expect(card(page, 'first')).toHaveClass(/is-selected|is-chosen/);
  await page.getByTestId('part-again').click();
  await expect(page.getByTestId('part-lost')).toBeVisible();
  await page.unroute(isLate);
  await page.getByTestId('part-again').click();
  await expect(page.getByTestId('config-panel')).toBeVisible();
  await expect(page.getByTestId('part-lost')).toHaveCount(0);
});

test('a list that is opened before it is there keeps the focus when it comes', async ({ page }) => {
  const path = await graph(page);
  const release = await hold(page);
  await page.goto(path);
  await hydrated(page);
  await page.getByTestId('canvas').press('o');
  const steps = page.locator('.outline__step');
  await expect(steps).toHaveText(['first', 'second']);
  await expect(steps.first()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(steps.nth(1)).toBeFocused();
  release();
  await whole(page);
  await expect(page.getByTestId('outline').locator('.outline__step').nth(1)).toBeFocused();
});
