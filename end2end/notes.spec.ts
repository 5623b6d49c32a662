import { expect, test, type Locator, type Page } from '@playwright/test';
import { make, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const papers = (page: Page) => page.getByTestId('paper');
const note = (page: Page) => page.locator('[data-testid="paper"][data-kind="note"]');
const frame = (page: Page) => page.locator('[data-testid="paper"][data-kind="frame"]');
const writing = (page: Page) => page.getByTestId('paper-writing');
const saved = (page: Page) => expect(page.getByTestId('save-state')).toHaveText('Saved');
const box = async (locator: Locator) => (await locator.boundingBox())!;

const three: Step[] = [
  ['fetch', 'transform', { expression: 'input' }],
  ['shout', 'transform', { expression: 'nodes.fetch ~ "!"' }],
  ['apart', 'transform', { expression: 'input' }],
];

async function open(page: Page, name: string, steps = three) {
  const path = await make(page.request, name, steps, steps.length > 1 ? [['fetch', 'out', 'shout']] : []);
  await page.goto(path);
  await hydrated(page);
  return path;
}

/** Presses at one place and lets go at another. */
async function drag(page: Page, from: { x: number; y: number }, dx: number, dy: number) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + dx / 2, from.y + dy / 2, { steps: 3 });
  await page.mouse.move(from.x + dx, from.y + dy, { steps: 3 });
  await page.mouse.up();
}

test('a note is made, written, moved, resized, coloured, undone, kept and deleted', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  const path = await open(page, 'Noted');
  await page.mouse.move(700, 560);
  await page.keyboard.press('Shift+N');
  await expect(writing(page)).toBeFocused();
  const text = 'Ask Ada first 👋\nשלום עולם\n<b>not bold</b>';
  await writing(page).fill(text);
  await page.keyboard.press('Escape');
  await expect(writing(page)).toBeHidden();
  await expect(note(page)).toContainText('<b>not bold</b>');
  await expect(note(page)).toHaveAttribute('aria-label', 'Note: Ask Ada first 👋 שלום עולם <b>not bold</b>');
  await expect(note(page)).toBeFocused();

  // Moved by a drag, on the grid; one undo takes the move back.
  const first = await box(note(page));
  await drag(page, { x: first.x + 60, y: first.y + 60 }, -130, 70);
  const moved = await box(note(page));
  expect(moved.x).toBeCloseTo(first.x - 128, 0);
  expect(moved.y).toBeCloseTo(first.y + 64, 0);
  await page.keyboard.press('Control+z');
  expect(await box(note(page))).toEqual(first);
  await page.keyboard.press('Control+y');
  expect(await box(note(page))).toEqual(moved);

  // Larger by its corner, which is wide enough for a finger.
  const corner = await box(page.getByTestId('paper-corner'));
  expect(Math.min(corner.width, corner.height)).toBeGreaterThanOrEqual(24);
  await drag(page, { x: corner.x + 6, y: corner.y + 26 }, 64, 48);
  const large = await box(note(page));
  expect(large.width - moved.width).toBeCloseTo(64, 0);
  expect(large.height - moved.height).toBeCloseTo(48, 0);

  await page.getByTestId('paper-bar').getByRole('button', { name: 'Violet' }).click();
  await expect(note(page)).toHaveAttribute('data-colour', 'violet');
  await page.keyboard.press('Control+z');
  await expect(note(page)).toHaveAttribute('data-colour', 'amber');
  await page.keyboard.press('Control+y');

  // A double press writes again; Ctrl+Enter ends that and runs nothing.
  await note(page).dblclick({ position: { x: 100, y: 100 } });
  await expect(writing(page)).toHaveValue(text);
  await writing(page).press('End');
  await writing(page).pressSequentially(' and Bob');
  await writing(page).press('Control+Enter');
  await expect(note(page)).toContainText('and Bob');
  await expect(page.getByRole('dialog', { name: /run/i })).toBeHidden();
  await page.keyboard.press('Control+z');
  await expect(note(page)).not.toContainText('Bob');
  await page.keyboard.press('Control+y');

  await saved(page);
  await page.reload();
  await hydrated(page);
  await expect(note(page)).toContainText('and Bob');
  await expect(note(page)).toHaveAttribute('data-colour', 'violet');
  const kept = await (await page.request.get(`/api${path}`)).json();
  expect(kept.notes).toHaveLength(1);
  expect([kept.notes[0].width % 16, kept.notes[0].position_x % 16]).toEqual([0, 0]);

  await note(page).click({ position: { x: 40, y: 40 } });
  await page.keyboard.press('Delete');
  await expect(papers(page)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(papers(page)).toHaveCount(1);
  expect(noise).toEqual([]);
});

test('a frame is drawn round the chosen steps, takes them along and keeps round them', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'Framed');
  await card(page, 'fetch').click({ position: { x: 60, y: 20 } });
  await card(page, 'shout').click({ position: { x: 60, y: 20 }, modifiers: ['Control'] });
  await page.getByRole('button', { name: 'Add a frame' }).click();
  await writing(page).fill('Gather');
  await page.keyboard.press('Enter');
  await expect(frame(page)).toHaveAttribute('aria-label', 'Frame: Gather');
  const round = await box(frame(page));
  const [fetch, shout, apart] = await Promise.all(['fetch', 'shout', 'apart'].map((n) => box(card(page, n))));
  for (const inner of [fetch, shout]) {
    expect(inner.x).toBeGreaterThan(round.x);
    expect(inner.y).toBeGreaterThan(round.y);
    expect(inner.x + inner.width).toBeLessThan(round.x + round.width);
  }

  // By its title: what lies wholly inside goes along, what does not stays; one undo.
  await drag(page, { x: round.x + 40, y: round.y + 12 }, 0, 160);
  const shift = (await box(frame(page))).y - round.y;
  expect(shift).toBeGreaterThan(100);
  expect((await box(card(page, 'fetch'))).y - fetch.y).toBeCloseTo(shift, 0);
  expect((await box(card(page, 'shout'))).y - shout.y).toBeCloseTo(shift, 0);
  expect(await box(card(page, 'apart'))).toEqual(apart);
  await page.keyboard.press('Control+z');
  expect(await box(frame(page))).toEqual(round);
  expect(await box(card(page, 'fetch'))).toEqual(fetch);

  // A press between the cards means the frame; a press outside means nothing.
  await page.keyboard.press('Escape');
  await page.mouse.click(round.x + round.width / 2, round.y + round.height - 8);
  await expect(frame(page)).toHaveClass(/is-selected/);
  await page.mouse.click(round.x + 20, round.y + round.height + 60);
  await expect(frame(page)).not.toHaveClass(/is-selected/);

  // Tidy-up keeps it round its steps.
  await page.keyboard.press('Shift+T');
  await expect.poll(async () => {
    const [f, a, b] = [await box(frame(page)), await box(card(page, 'fetch')), await box(card(page, 'shout'))];
    return [a, b].every((c) => c.x > f.x && c.y > f.y && c.x + c.width < f.x + f.width && c.y + c.height < f.y + f.height);
  }).toBe(true);

  // Its steps outlive it.
  await frame(page).focus();
  await page.keyboard.press('Delete');
  await expect(frame(page)).toHaveCount(0);
  await expect(page.getByTestId('node-card')).toHaveCount(3);
  expect(noise).toEqual([]);
});

test('notes go to another workflow with the steps, and by the keyboard alone', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'From');
  await page.mouse.move(700, 700);
  await page.keyboard.press('Shift+N');
  await page.keyboard.type('one');
  await page.keyboard.press('Escape');
  await page.mouse.move(1000, 300);
  await page.keyboard.press('Shift+N');
  await page.keyboard.type('two');
  await page.keyboard.press('Escape');
  await expect(papers(page)).toHaveCount(2);

  // Tab goes from note to note, arrows move, Ctrl and an arrow resizes, Enter writes.
  const [one, two] = [page.getByRole('group', { name: 'Note: one' }), page.getByRole('group', { name: 'Note: two' })];
  await one.focus();
  await page.keyboard.press('Tab');
  await expect(two).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(one).toBeFocused();
  const before = await box(one);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const zoom = ((await box(one)).x - before.x) / 32;
  expect(zoom).toBeGreaterThan(0.1);
  await page.keyboard.press('Control+ArrowDown');
  expect((await box(one)).height - before.height).toBeCloseTo(16 * zoom, 0);
  await page.keyboard.press('Enter');
  await expect(writing(page)).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('uno');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Note: uno' })).toBeFocused();

  await page.keyboard.press('Control+a');
  await expect(page.getByTestId('several-panel')).toContainText('3 steps and 2 notes chosen');
  await page.keyboard.press('Control+c');
  await expect(page.getByText('3 steps and 2 notes copied.')).toBeVisible();
  await saved(page);
  const other = await open(page, 'To', [['here', 'transform', { expression: '1' }]]);
  await page.keyboard.press('Control+v');
  await expect(papers(page)).toHaveCount(2);
  await expect(page.getByTestId('node-card')).toHaveCount(4);
  await saved(page);
  const kept = await (await page.request.get(`/api${other}`)).json();
  expect(kept.notes.map((n: { text: string }) => n.text).sort()).toEqual(['two', 'uno']);

  // Duplicates are one step.
  await page.keyboard.press('Escape');
  await page.getByRole('group', { name: 'Note: uno' }).focus();
  await page.keyboard.press('Control+d');
  await expect(papers(page)).toHaveCount(3);
  await page.keyboard.press('Control+z');
  await expect(papers(page)).toHaveCount(2);
  expect(noise).toEqual([]);
});

test('on a phone notes stand in the list: read, written and removed', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const noise = listen(page);
  await register(page);
  await hydrated(page);
  await open(page, 'Small', [['only', 'transform', { expression: '1' }]]);
  await page.getByRole('button', { name: 'Add a note' }).click();
  await writing(page).fill('From a phone');
  await page.keyboard.press('Escape');
  const list = page.getByTestId('outline-notes');
  await expect(list).toContainText('From a phone');
  await list.getByRole('button', { name: 'Write this note' }).click();
  await list.getByRole('textbox').fill('Changed in the list');
  await list.getByRole('button', { name: 'Done with this note' }).click();
  await expect(list).toContainText('Changed in the list');
  await list.getByRole('button', { name: 'Delete this note' }).click();
  await expect(papers(page)).toHaveCount(0);
  expect(noise).toEqual([]);
});
