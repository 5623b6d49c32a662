import { expect, test, type Page } from '@playwright/test';
import { make, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const cards = (page: Page) => page.getByTestId('node-card');
const chosen = (page: Page) => page.locator('[data-testid="node-card"].is-selected');
const wires = (page: Page) => page.getByTestId('wire');
const head = { position: { x: 60, y: 20 } };

const three: Step[] = [
  ['fetch', 'transform', { expression: 'input' }],
  ['shout', 'transform', { expression: 'nodes.fetch ~ "!"' }],
  ['apart', 'transform', { expression: 'input' }],
];

/** Opens a workflow of three steps, of which the first two are joined. */
async function open(page: Page, name: string) {
  const path = await make(page.request, name, three, [['fetch', 'out', 'shout']]);
  await page.goto(path);
  await hydrated(page);
  await expect(cards(page)).toHaveCount(3);
  return path;
}

/** The upper left corners of all cards on the screen. */
const places = (page: Page) =>
  cards(page).evaluateAll((all) => all.map((a) => [a.getBoundingClientRect().x, a.getBoundingClientRect().y]));

test('many steps: a box, toggles, all; moved as one, deleted as one, undone as one', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'Many');
  const first = (await card(page, 'fetch').boundingBox())!;
  const second = (await card(page, 'shout').boundingBox())!;

  // Shift and a drag over the ground choose what the box touches; without Shift the view moves.
  await page.keyboard.down('Shift');
  await page.mouse.move(first.x - 20, first.y - 20);
  await page.mouse.down();
  await page.mouse.move(second.x + 20, second.y + 30, { steps: 4 });
  await expect(page.locator('.lasso')).toBeVisible();
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect(chosen(page)).toHaveCount(2);
  await expect(page.getByTestId('several-panel')).toContainText('2 steps chosen');
  await expect(page.getByTestId('config-panel')).toBeHidden();

  await card(page, 'apart').click({ ...head, modifiers: ['Control'] });
  await expect(chosen(page)).toHaveCount(3);
  await card(page, 'fetch').click({ ...head, modifiers: ['Shift'] });
  await expect(chosen(page)).toHaveCount(2);
  await card(page, 'fetch').click({ ...head, modifiers: ['Shift'] });

  // All three move together, and come back by one undo.
  const before = await places(page);
  await page.mouse.move(first.x + 60, first.y + 20);
  await page.mouse.down();
  await page.mouse.move(first.x + 60, first.y + 140, { steps: 5 });
  await page.mouse.up();
  const moved = await places(page);
  for (const i of [0, 1, 2]) expect(moved[i][1] - before[i][1]).toBeCloseTo(moved[0][1] - before[0][1], 0);
  expect(moved[0][1]).toBeGreaterThan(before[0][1] + 60);
  await page.keyboard.press('Control+z');
  expect(await places(page)).toEqual(before);

  // A press without a move on one of many leaves that one.
  await card(page, 'shout').click(head);
  await expect(chosen(page)).toHaveCount(1);
  await expect(page.getByTestId('config-panel')).toBeVisible();

  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+a');
  await expect(chosen(page)).toHaveCount(3);
  await page.keyboard.press('d');
  await expect(page.locator('[data-testid="node-card"].is-off')).toHaveCount(3);
  await page.keyboard.press('Delete');
  await expect(cards(page)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(cards(page)).toHaveCount(3);
  await expect(wires(page)).toHaveCount(1);
  expect(noise).toEqual([]);
});

test('the ground moves the view: plain drag, Space on a card, middle button', async ({ page }) => {
  await register(page);
  await hydrated(page);
  await open(page, 'Ground');
  const at = async () => (await card(page, 'fetch').boundingBox())!;
  const drag = async (x: number, y: number, button: 'left' | 'middle') => {
    await page.mouse.move(x, y);
    await page.mouse.down({ button });
    await page.mouse.move(x + 50, y + 30, { steps: 3 });
    await page.mouse.up({ button });
  };
  let before = await at();
  await drag(before.x + 100, before.y + 300, 'left');
  let after = await at();
  expect([after.x - before.x, after.y - before.y]).toEqual([50, 30]);
  before = after;
  await drag(before.x + 60, before.y + 20, 'middle');
  after = await at();
  expect([after.x - before.x, after.y - before.y]).toEqual([50, 30]);
  before = after;
  await page.keyboard.down(' ');
  await drag(before.x + 60, before.y + 20, 'left');
  await page.keyboard.up(' ');
  after = await at();
  expect([after.x - before.x, after.y - before.y]).toEqual([50, 30]);
  await expect(page.getByTestId('save-state'), 'nothing was changed').toContainText(/saved/i);
  await expect(chosen(page)).toHaveCount(0);
});

test('copy and paste across two workflows; names and expressions follow; what is no workflow is told', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await register(page);
  await hydrated(page);
  await open(page, 'From');
  await page.keyboard.press('Control+a');
  await card(page, 'apart').click({ ...head, modifiers: ['Shift'] });
  await page.keyboard.press('Control+c');
  await expect(page.getByTestId('toast').last()).toContainText('2 steps copied');

  const other = await context.newPage();
  const path = await make(other.request, 'To', [['fetch', 'transform', { expression: 'input' }]], []);
  await other.goto(path);
  await hydrated(other);
  await expect(cards(other)).toHaveCount(1);
  await other.bringToFront();
  await other.keyboard.press('Control+v');
  await expect(cards(other)).toHaveCount(3);
  await expect(wires(other)).toHaveCount(1);
  await expect(chosen(other)).toHaveCount(2);
  await expect(card(other, 'fetch_2')).toBeVisible();
  await expect(other.getByTestId('save-state')).toContainText(/saved/i);
  await expect.poll(async () => {
    const { nodes } = await (await other.request.get(`/api${path}`)).json();
    return nodes.find((n: { name: string }) => n.name === 'shout')?.config.expression;
  }).toBe('nodes.fetch_2 ~ "!"');
  await other.keyboard.press('Control+z');
  await expect(cards(other)).toHaveCount(1);
  await other.keyboard.press('Control+y');
  await expect(cards(other)).toHaveCount(3);

  // Cut takes out here what is put in there.
  await other.keyboard.press('Control+f');
  await other.keyboard.type('fetch');
  await other.keyboard.press('Enter');
  await expect(card(other, 'fetch')).toBeFocused();
  await other.keyboard.press('Control+x');
  await expect(cards(other)).toHaveCount(2);
  await other.keyboard.press('Control+v');
  await expect(card(other, 'fetch')).toBeVisible();
  await other.keyboard.press('Control+d');
  await expect(cards(other)).toHaveCount(4);

  const paste = async (text: string, answer: RegExp) => {
    await other.evaluate((t) => navigator.clipboard.writeText(t), text);
    await other.keyboard.press('Control+v');
    await expect(other.getByTestId('toast').last()).toContainText(answer);
    await expect(cards(other)).toHaveCount(4);
  };
  await paste('see you at the mill', /holds no workflow/);
  await paste(JSON.stringify({ format: 9, name: 'later', nodes: [], edges: [] }), /newer Millrace \(format 9/);
  await paste(JSON.stringify({ format: 1, name: 'odd', nodes: [{ name: 'a' }], edges: [] }), /nodes\[0\]/);
  const many = Array.from({ length: 10_000 }, (_, i) => ({ name: `n${i}`, node_type: 'transform' }));
  await paste(JSON.stringify({ format: 1, name: 'many', nodes: many, edges: [] }), /10000 steps do not fit/);

  // A type that this installation does not know is kept, and said so.
  await other.evaluate((t) => navigator.clipboard.writeText(t), JSON.stringify({
    format: 1, name: 'x', nodes: [{ name: 'tomorrow', node_type: 'time_travel', config: { year: 2090 } }], edges: [],
  }));
  await other.keyboard.press('Control+v');
  await expect(card(other, 'tomorrow')).toBeVisible();
  await expect(other.getByTestId('save-state')).toContainText(/saved/i);
  await other.reload();
  await hydrated(other);
  await expect(card(other, 'tomorrow')).toBeVisible();
});

test('keys: arrows, zoom, find, help, the way by Tab; none while typing', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'Keys');

  // Find a step and go to it.
  await page.keyboard.press('Control+f');
  await expect(page.getByTestId('find-field')).toBeFocused();
  await expect(page.getByTestId('find-item')).toHaveCount(3);
  await page.keyboard.type('shou');
  await expect(page.getByTestId('find-item')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('find')).toBeHidden();
  await expect(card(page, 'shout')).toBeFocused();
  await expect(chosen(page)).toHaveCount(1);

  // Tab goes from card to card, back too.
  await page.keyboard.press('Tab');
  await expect(card(page, 'apart')).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await expect(card(page, 'fetch')).toBeFocused();
  await expect(chosen(page)).toHaveAttribute('data-node-name', 'fetch');

  // Arrows move what is chosen along the grid; moves in a row are one undo.
  await page.keyboard.press('1');
  const start = (await card(page, 'fetch').boundingBox())!;
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+ArrowRight');
  let now = (await card(page, 'fetch').boundingBox())!;
  expect([now.x - start.x, now.y - start.y]).toEqual([80, 16]);
  await page.keyboard.press('Control+z');
  now = (await card(page, 'fetch').boundingBox())!;
  expect([now.x - start.x, now.y - start.y]).toEqual([0, 0]);

  // In a field, keys are letters.
  await page.keyboard.press('F2');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('dpn01?');
  await page.keyboard.press('Enter');
  await expect(card(page, 'dpn01?')).toBeVisible();
  await expect(page.getByTestId('palette')).toBeHidden();
  await expect(page.getByTestId('keys-help')).toBeHidden();
  await card(page, 'apart').click(head);

  await page.keyboard.press('?');
  const help = page.getByTestId('keys-help');
  await expect(help).toBeVisible();
  for (const words of ['Run, or stop the run', 'Find a step', 'Duplicate', 'Choose all steps', 'Zoom to 100 %']) {
    await expect(help).toContainText(words);
  }
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  expect(noise).toEqual([]);
});

test('an edge by two presses and by keys; on the ground it asks for what follows; Escape stops', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'Edges');
  const hint = page.getByTestId('edge-hint');

  await card(page, 'shout').locator('[data-port="out"]').click();
  await expect(hint).toContainText('shout');
  await card(page, 'apart').click(head);
  await expect(wires(page)).toHaveCount(2);
  await expect(hint).toBeHidden();

  await page.keyboard.press('Escape');
  await card(page, 'apart').locator('[data-port="out"]').click();
  await card(page, 'fetch').click(head);
  await expect(wires(page), 'a circle is not drawn').toHaveCount(2);
  await page.keyboard.press('Escape');
  await expect(hint).toBeHidden();

  // C, Tab, Enter.
  await page.keyboard.press('Control+f');
  await page.keyboard.type('fetch');
  await page.keyboard.press('Enter');
  await expect(card(page, 'fetch')).toBeFocused();
  await page.keyboard.press('c');
  await expect(hint).toContainText('fetch');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(card(page, 'apart')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(wires(page)).toHaveCount(3);

  await page.keyboard.press('Escape');
  await card(page, 'apart').locator('[data-port="error"]').click();
  const ground = (await page.getByTestId('canvas').boundingBox())!;
  await page.mouse.click(ground.x + 300, ground.y + ground.height - 120);
  await expect(page.getByTestId('palette-search')).toBeFocused();
  await expect(page.getByTestId('palette-after')).toContainText('apart');
  await page.keyboard.type('delay');
  await page.keyboard.press('Enter');
  await expect(cards(page)).toHaveCount(4);
  await expect(wires(page)).toHaveCount(4);
  expect(noise).toEqual([]);
});

test('a dragged card shows what it is level with and comes to rest there', async ({ page }) => {
  await register(page);
  await hydrated(page);
  await open(page, 'Level');
  await page.keyboard.press('1');
  const fetch = (await card(page, 'fetch').boundingBox())!;
  await page.mouse.move(fetch.x + 60, fetch.y + 20);
  await page.mouse.down();
  await page.mouse.move(fetch.x + 60, fetch.y + 120, { steps: 4 });
  await expect(page.getByTestId('guides')).toBeHidden();
  await page.mouse.move(fetch.x + 60, fetch.y + 24, { steps: 4 });
  await expect(page.getByTestId('guides')).toBeVisible();
  await page.mouse.up();
  await expect(page.getByTestId('guides')).toBeHidden();
  expect((await card(page, 'fetch').boundingBox())!.y).toBeCloseTo(fetch.y, 0);
});
