import { expect, test, type Page } from '@playwright/test';
import { draw, make, revision, start, type Step, type Wire } from './graphs';
import { stock } from './stock';
import { hydrated, register, whole } from './support';

// How every page looks, dark and light, on a desk and on a phone, against the pictures in `looks/`. After a change
// that is meant: `make looks`, and look at what changed.

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

test.use({ viewport: DESK, reducedMotion: 'reduce' });
test.describe.configure({ timeout: 300_000 });

const steps: Step[] = [
  ['Read the letter', 'transform', { expression: '{"text": input.letter, "words": input.letter | length}' }],
  ['Is it urgent', 'condition', { condition: "'today' in nodes['Read the letter'].text" }],
  ['Approve', 'approval', { message: 'Shall it be sent?' }],
  ['File it', 'transform', { expression: '{"filed": nodes["Read the letter"].text}' }],
];
const wires: Wire[] = [
  ['Read the letter', 'out', 'Is it urgent'],
  ['Is it urgent', 'true', 'Approve'],
  ['Is it urgent', 'false', 'File it'],
];

/** What differs from run to run: times, ids, names made up for this test. */
const CHANGING = [
  'time', '.num', '.spark', '.avatar', '.rail__account', '[data-testid="account-name"]', '[data-testid="run-id"]', '.timeline',
  '.uptime', '.heat', '.save-mark',
].join(', ');

/** One picture in each colour scheme and size. */
async function look(page: Page, name: string, sizes = { desk: DESK, phone: PHONE }, most = 0.02) {
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(0, 0);
  for (const [where, size] of Object.entries(sizes)) {
    await page.setViewportSize(size);
    // A frame for what measures itself.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect.soft(page).toHaveScreenshot(`${name}-${where}-${colorScheme}.png`, {
        mask: [page.locator(CHANGING)],
        maskColor: '#808080',
        // Fonts are drawn a little differently by each build of the browser; a button that moved is far more than this.
        maxDiffPixelRatio: most,
        threshold: 0.25,
      });
    }
  }
  await page.setViewportSize(DESK);
}

async function open(page: Page, path: string) {
  await page.goto(path);
  await hydrated(page);
  await expect(page.locator('main')).toBeVisible();
  if (await page.getByTestId('editor').count()) await whole(page);
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

const ANSWER = `A water mill has **three parts** that matter:

1. The *river* turns the wheel.
2. The wheel turns the stone.
3. The stone grinds the corn.

Its speed is \`flow * fall\`. As a step:

\`\`\`python
def power(flow, fall):
    return 9.81 * flow * fall * 0.7
\`\`\`

Ask for another one.`;

/** A conversation whose answers are always the same. */
async function talk(page: Page) {
  const path = await make(page.request, 'Miller', [['Answer', 'transform', { expression: JSON.stringify(ANSWER) }]], []);
  expect((await page.request.put(`/api${path}`, { data: { name: 'Miller', is_active: true } })).ok()).toBe(true);
  await open(page, '/chat?model=workflow/Miller');
  for (const question of ['How does a water mill work?', 'And another one, please: the one by the bridge, which my grandfather built.']) {
    await page.getByTestId('chat-draft').fill(question);
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('chat-answer').last()).toContainText('Ask for another one.');
    await expect(page.getByTestId('chat-send')).toBeVisible();
  }
}

test('before there is anything', async ({ page }) => {
  await open(page, '/sign-in');
  await look(page, 'sign-in');
  await open(page, '/register');
  await look(page, 'register');
  await register(page);
  await hydrated(page);
  await look(page, 'first-visit');
  await open(page, '/templates');
  await look(page, 'templates');
  await open(page, '/collections');
  await look(page, 'collections-empty');
  await open(page, '/nowhere');
  await look(page, 'not-found');
});

test('with something in them', async ({ page }) => {
  await register(page);
  await stock(page.request);
  const bad = await make(page.request, 'Weigh the sacks', [['Weigh', 'transform', { expression: 'input.nothing.at.all' }]], []);
  await start(page.request, bad, { some: 1 }, 30);
  const good = await make(page.request, 'Answer a letter', steps, wires);
  await start(page.request, good, { letter: 'How much is the flour?' }, 30);
  const run = await start(page.request, good, { letter: 'How much is the flour today?' });
  await page.goto(run);
  await expect(page.getByText('Shall it be sent?').first()).toBeVisible();

  await open(page, '/');
  await look(page, 'dashboard');
  await open(page, '/runs');
  await look(page, 'runs');
  await open(page, run);
  // Lines break elsewhere where a time has another length.
  await look(page, 'run', undefined, 0.06);
  const other: Step = ['Answer it', 'transform', { expression: 'input' }];
  const again = await make(page.request, 'Answer a letter again', steps, wires);
  await start(page.request, again, { letter: 'How much?' }, 30);
  const changed: Step[] = [['Read the letter', 'transform', { expression: 'input' }], steps[1], steps[2], other];
  await draw(page.request, again, await revision(page.request, again), changed, [...wires.slice(0, 2), ['Approve', 'approved', 'Answer it']]);
  await open(page, `${again}/versions`);
  await look(page, 'versions');
  await open(page, `${good}/triggers`);
  await look(page, 'triggers');
  await open(page, '/collections/Notes');
  await look(page, 'collection');
  await open(page, '/tables/orders?order=amount');
  await look(page, 'table');
  await open(page, '/credentials');
  await look(page, 'credentials');
  await open(page, '/models');
  // Which model is in memory, and so what its card says, depends on the tests before.
  await look(page, 'models', { desk: DESK, phone: PHONE }, 0.06);
  await open(page, '/chat');
  await expect(page.getByTestId('chat-example').first()).toBeVisible();
  await look(page, 'chat-empty');
  await talk(page);
  await look(page, 'chat');
  await open(page, '/settings');
  await look(page, 'settings');
});

test('the editor', async ({ page }) => {
  await register(page);
  await open(page, await make(page.request, 'An empty one', [], []));
  await look(page, 'editor-empty');
  const path = await make(page.request, 'Answer a letter', steps, wires);
  await open(page, path);
  const cards = page.getByTestId('node-card');
  await expect(cards).toHaveCount(4);
  await look(page, 'editor');
  const desk = { desk: DESK } as { desk: typeof DESK; phone: typeof PHONE };
  await cards.filter({ hasText: 'Is it urgent' }).locator('.node__name').click();
  await expect(page.getByTestId('config-panel')).toBeVisible();
  await look(page, 'editor-step', desk);
  await page.keyboard.press('Escape');
  await page.keyboard.press('o');
  await page.getByTestId('outline').locator('.outline__step').first().click();
  await look(page, 'editor-list', desk);
  await page.keyboard.press('o');
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  await page.keyboard.press('n');
  await look(page, 'editor-palette', desk);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await look(page, 'commands');
  await page.keyboard.press('Escape');
  await page.goto(`${path}?run=${(await start(page.request, path, { letter: 'today' })).split('/').at(-1)}`);
  await hydrated(page);
  await expect(cards.filter({ hasText: 'Approve' })).toHaveAttribute('data-state', 'waiting');
  await expect(page.locator('.editor.is-docked')).toBeVisible();
  // The canvas has less room now, and the graph is brought into it.
  await page.waitForTimeout(600);
  await look(page, 'editor-run');
});
