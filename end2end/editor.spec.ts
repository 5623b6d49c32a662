import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { stock } from './stock';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);

/** A new, empty workflow, open in the editor. */
async function emptyWorkflow(page: Page, name: string) {
  await page.getByTestId('new-workflow').click();
  await page.getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/workflows\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { name: 'An empty canvas' })).toBeVisible();
}

/** N, a word of the step, Enter. */
async function add(page: Page, words: string) {
  await page.keyboard.press('n');
  await expect(page.getByTestId('palette-search')).toBeFocused();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('palette')).toBeHidden();
}

/** Draws an edge with the pointer, from a port to the dot of another card. */
async function connect(page: Page, from: string, port: string, to: string) {
  const start = await card(page, from).locator(`[data-port="${port}"]`).boundingBox();
  const end = await card(page, to).locator('.port--in').boundingBox();
  if (!start || !end) throw new Error(`${from} or ${to} is not on the canvas`);
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 4 });
  await page.mouse.up();
}

const config = (page: Page) => page.getByTestId('config-panel').locator('textarea').first();

test('build a workflow by hand: keys, edges by drag, problems, undo, names', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await emptyWorkflow(page, 'By hand 🌊');
  const cards = page.getByTestId('node-card');
  const wires = page.getByTestId('wire');

  // A step added after a chosen one hangs on it; one added with none chosen stands alone.
  await add(page, 'transform');
  await add(page, 'condition');
  await expect(wires).toHaveCount(1);
  await page.keyboard.press('Escape');
  await add(page, 'transform');
  await expect(cards).toHaveCount(3);
  await expect(wires).toHaveCount(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');

  await connect(page, 'Condition', 'true', 'Transform 2');
  await expect(wires).toHaveCount(2);
  await connect(page, 'Transform 2', 'out', 'Transform');
  await expect(wires, 'a circle is not drawn').toHaveCount(2);
  await expect(page.getByTestId('palette')).toBeHidden();

  // A mistake is named as it is typed, and gone when it is mended.
  await card(page, 'Transform').click({ position: { x: 60, y: 20 } });
  await config(page).fill('nodes.nobody.text');
  await expect(page.getByTestId('config-panel')).toContainText('nobody');
  await config(page).fill('input.upper()');
  await expect(page.getByTestId('config-panel')).not.toContainText('nobody');
  await card(page, 'Condition').click({ position: { x: 60, y: 20 } });
  await config(page).fill('"MILL" in input');
  await card(page, 'Transform 2').click({ position: { x: 60, y: 20 } });
  await config(page).fill('input ~ "!"');
  await expect(page.getByTestId('problem-count')).toBeHidden();

  // Taken out with its edge, and back again.
  await page.keyboard.press('Escape');
  await card(page, 'Transform 2').focus();
  await page.keyboard.press('Delete');
  await expect(cards).toHaveCount(2);
  await expect(wires).toHaveCount(1);
  await page.keyboard.press('Control+z');
  await expect(cards).toHaveCount(3);
  await expect(wires).toHaveCount(2);
  await page.keyboard.press('Control+Shift+z');
  await expect(cards).toHaveCount(2);
  await page.keyboard.press('Control+z');
  await expect(cards).toHaveCount(3);

  await card(page, 'Transform 2').click({ position: { x: 60, y: 20 } });
  await page.keyboard.press('F2');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('shout');
  await page.keyboard.press('Enter');
  await expect(card(page, 'shout')).toBeVisible();

  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
  await page.reload();
  await hydrated(page);
  await expect(cards).toHaveCount(3);
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('run-input').fill('a mill');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByTestId('run-output')).toContainText('A MILL!');
  expect(noise).toEqual([]);
});

test('a reload in the middle of a run goes on following it', async ({ page }) => {
  await register(page);
  // It waits for an answer, so that it is not over before the page is back, however quick or slow the machine.
  const path = await make(
    page.request, 'Half way', [['ask', 'approval', { message: 'Go on?' }], ['yes', 'transform', { expression: '"it went on"' }]],
    [['ask', 'approved', 'yes']],
  );
  await page.goto(path);
  await hydrated(page);
  await page.getByTestId('run-button').click();
  await page.getByTestId('run-start').click();
  await expect(page.getByTestId('approval')).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(page.getByTestId('stop-button')).toBeVisible();
  await page.getByTestId('approve').click();
  await expect(page.getByTestId('run-output')).toContainText('it went on');
});

test('two tabs: the later one is told, and chooses', async ({ page, context }) => {
  await register(page);
  await hydrated(page);
  await emptyWorkflow(page, 'Shared');
  await add(page, 'transform');
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
  const other = await context.newPage();
  await other.goto(page.url());
  await hydrated(other);
  await page.getByTestId('node-card').first().click({ position: { x: 60, y: 20 } });
  const saved = page.waitForResponse((r) => r.url().includes('/fn/workflows/save-graph') && r.ok());
  await config(page).fill('input');
  await saved;
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
  await other.getByTestId('node-card').first().click({ position: { x: 60, y: 20 } });
  await config(other).fill('input ~ 1');
  await expect(other.getByTestId('conflict')).toBeVisible();

  // What differs is shown before one of them is chosen.
  await other.getByTestId('conflict-compare').click();
  const dialog = other.getByTestId('compare-dialog');
  await expect(dialog.locator('[data-fate="changed"]')).toContainText('Expression');
  await expect(dialog.getByTestId('changes')).toContainText('input ~ 1');
  await expect(dialog).toContainText('Different');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toBeHidden();
  await expect(other.getByTestId('conflict')).toBeHidden();
  await expect(other.getByTestId('save-state')).toContainText(/saved/i);
  await page.reload();
  await hydrated(page);
  await page.getByTestId('node-card').first().click({ position: { x: 60, y: 20 } });
  await expect(config(page)).toHaveValue('input ~ 1');
});

test('nothing is wider than a narrow phone, however long the name', async ({ page }) => {
  await register(page);
  await hydrated(page);
  const name = `${'long'.repeat(45)} 🌊`;
  await emptyWorkflow(page, name);
  const editor = page.url();
  await stock(page.request);
  const stocked = ['/collections', '/collections/Notes', '/collections/Notes?q=water', '/tables', '/tables/orders', '/credentials'];
  for (const path of ['/', '/runs', ...stocked, '/models', '/chat', '/settings', editor]) {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(path);
    await hydrated(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(320);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/');
  const link = page.getByRole('link', { name });
  const [cell, text] = await link.evaluate((a) => [
    (a.closest('td') as HTMLElement).getBoundingClientRect().right,
    a.getBoundingClientRect().right,
  ]);
  expect(text, 'the name ends within its cell').toBeLessThanOrEqual(cell + 1);
});
