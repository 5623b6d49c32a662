import { expect, test, type Locator, type Page } from '@playwright/test';
import { make, type Step, type Wire } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const wires = (page: Page) => page.getByTestId('wire');

const STEPS: Step[] = [
  ['first', 'condition', { condition: 'true' }],
  ['second', 'transform', { expression: 'input' }],
  ['third', 'transform', { expression: 'input' }],
];
const WIRES: Wire[] = [['first', 'true', 'second'], ['second', 'out', 'third']];

/** The graph as the server has it: names, by the ends of the edges. */
async function joined(page: Page): Promise<string[]> {
  const path = new URL(page.url()).pathname;
  const graph = (await (await page.request.get(`/api${path}`)).json()) as {
    nodes: { id: string; name: string }[];
    edges: { source_node_id: string; source_port: string; target_node_id: string }[];
  };
  const name = (id: string) => graph.nodes.find((n) => n.id === id)?.name;
  return graph.edges.map((e) => `${name(e.source_node_id)}.${e.source_port} ${name(e.target_node_id)}`).sort();
}

async function open(page: Page, steps = STEPS, edges = WIRES) {
  await register(page);
  const path = await make(page.request, 'Wired', steps, edges);
  await page.goto(path);
  await hydrated(page);
  await expect(page.getByTestId('node-card')).toHaveCount(steps.length);
}

async function middle(what: Locator) {
  const box = await what.boundingBox();
  if (!box) throw new Error('it is not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Halfway between two cards of one row, on their wire. */
async function between(page: Page, from: string, port: string, to: string) {
  const start = await middle(card(page, from).locator(`[data-port="${port}"]`));
  const end = await middle(card(page, to).locator('.port--in'));
  return { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 5 });
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
}

test('a wire offers a step and a bin', async ({ page }) => {
  const noise = listen(page);
  await open(page);
  const on = await between(page, 'second', 'out', 'third');
  await page.mouse.move(on.x, on.y);
  await page.getByTestId('wire-insert').click();
  await page.keyboard.type('transform');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Transform')).toBeVisible();
  await expect.poll(() => joined(page)).toEqual(['Transform.out third', 'first.true second', 'second.out Transform']);
  const [a, b, c] = await Promise.all(['second', 'Transform', 'third'].map((n) => middle(card(page, n))));
  expect(a.x < b.x && b.x < c.x, 'it stands between the two').toBe(true);

  await page.keyboard.press('Control+z');
  await expect(page.getByTestId('node-card')).toHaveCount(3);
  await expect.poll(() => joined(page)).toEqual(['first.true second', 'second.out third']);

  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  const again = await between(page, 'second', 'out', 'third');
  await page.mouse.move(again.x, again.y - 3);
  await page.mouse.move(again.x, again.y);
  await page.getByTestId('wire-remove').click();
  await expect(wires(page)).toHaveCount(1);
  await expect.poll(() => joined(page)).toEqual(['first.true second']);
  expect(noise).toEqual([]);
});

test('an end of a wire goes to another card', async ({ page }) => {
  await open(page, [...STEPS, ['apart', 'transform', { expression: 'input' }]], WIRES);
  const on = await between(page, 'second', 'out', 'third');
  await page.mouse.move(on.x, on.y);
  await drag(page, await middle(page.getByTestId('wire-end-target')), await middle(card(page, 'apart')));
  await expect.poll(() => joined(page)).toEqual(['first.true second', 'second.out apart']);

  // Back to a card that comes before: that would be a circle, and nothing changes.
  const back = await between(page, 'first', 'true', 'second');
  await page.mouse.move(back.x, back.y);
  await page.mouse.down();
  await page.mouse.up();
  await drag(page, await middle(page.getByTestId('wire-end-source')), await middle(card(page, 'apart')));
  await expect.poll(() => joined(page)).toEqual(['first.true second', 'second.out apart']);
});

test('a loose card and a step from the palette drop into a wire', async ({ page }) => {
  await open(page, [...STEPS, ['loose', 'transform', { expression: 'input' }]], WIRES);
  const grip = await middle(card(page, 'loose'));
  const on = await between(page, 'first', 'true', 'second');
  await drag(page, grip, on);
  await expect.poll(() => joined(page)).toEqual(['first.true loose', 'loose.out second', 'second.out third']);

  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.getByTestId('palette-search').fill('wait');
  const target = await between(page, 'second', 'out', 'third');
  const canvas = await page.getByTestId('canvas').boundingBox();
  if (!canvas) throw new Error('there is no canvas');
  await page.getByTestId('palette-item').first().dragTo(page.getByTestId('canvas'), {
    targetPosition: { x: target.x - canvas.x, y: target.y - canvas.y },
  });
  await expect(page.getByTestId('node-card')).toHaveCount(5);
  await expect.poll(async () => (await joined(page)).filter((e) => e.startsWith('second.out'))).not.toEqual(['second.out third']);
});

test('tidying up is one step, by key and by button', async ({ page }) => {
  await open(page, STEPS, [['third', 'out', 'first'], ['first', 'true', 'second']]);
  const places = () => Promise.all(['third', 'first', 'second'].map(async (n) => (await middle(card(page, n))).x));
  await page.keyboard.press('Shift+T');
  await expect(async () => {
    const [a, b, c] = await places();
    expect(a < b && b < c).toBe(true);
  }).toPass();
  await page.keyboard.press('Control+z');
  await expect(async () => {
    const [a, b, c] = await places();
    expect(b < c && c < a).toBe(true);
  }).toPass();
  await page.getByRole('button', { name: 'Tidy up' }).click();
  await expect(async () => {
    const [a, b, c] = await places();
    expect(a < b && b < c).toBe(true);
  }).toPass();
});

test('the minimap moves the view, and stays hidden where it was hidden', async ({ page }) => {
  await open(page);
  const map = page.getByTestId('minimap');
  await expect(map).toBeVisible();
  const frame = async () => Number(await page.getByTestId('minimap-frame').getAttribute('x'));
  const before = await frame();
  const box = await map.boundingBox();
  if (!box) throw new Error('there is no minimap');
  await page.mouse.click(box.x + box.width * 0.9, box.y + box.height / 2);
  await expect.poll(frame).toBeGreaterThan(before);
  await page.getByTestId('minimap-toggle').click();
  await expect(map).toBeHidden();
  await page.reload();
  await hydrated(page);
  await expect(page.getByTestId('node-card').first()).toBeVisible();
  await expect(map).toBeHidden();
  await page.getByTestId('minimap-toggle').click();
  await expect(map).toBeVisible();
});

test('of a large graph only what is in sight is in the page', async ({ page }) => {
  const steps: Step[] = Array.from({ length: 300 }, (_, i) => [`s${i}`, 'transform', { expression: 'input' }]);
  const edges: Wire[] = Array.from({ length: 299 }, (_, i) => [`s${i}`, 'out', `s${i + 1}`]);
  await register(page);
  const path = await make(page.request, 'Long', steps, edges);
  await page.goto(path);
  await hydrated(page);
  await expect.poll(() => page.getByTestId('node-card').count()).toBeGreaterThan(3);
  expect(await page.getByTestId('node-card').count()).toBeLessThan(100);

  // What is chosen stays, wherever the view goes; the others go.
  await page.getByTitle('Back to 100 %').click();
  const named = (i: number) => page.getByTestId('node-card').nth(i).getAttribute('data-node-name');
  const [chosen, other] = [(await named(4)) as string, (await named(3)) as string];
  await card(page, chosen).focus();
  await page.getByTestId('canvas').dispatchEvent('wheel', { deltaX: 40_000, deltaY: 0 });
  await expect(card(page, other)).toHaveCount(0);
  await expect(card(page, chosen)).toHaveCount(1);
});
