import { expect, test, type Page } from '@playwright/test';
import { make, start, type Step, type Wire } from './graphs';
import { apiAccount, hydrated, listen, register } from './support';

const row = (page: Page, name: string) => page.locator(`[data-testid="step-row"][data-node-name="${name}"]`);
const lane = (page: Page, name: string) => page.locator('.lane').filter({ has: row(page, name) });
const inspector = (page: Page) => page.getByRole('region', { name: 'Chosen step' });
const status = (page: Page) => page.getByTestId('run-header').getByTestId('status');

async function open(page: Page, path: string) {
  await page.goto(path);
  await hydrated(page);
}

const LINE: Step[] = [
  ['first', 'transform', { expression: 'input.n + 1' }],
  ['second', 'transform', { expression: 'input * 10' }],
  ['third', 'transform', { expression: 'input + 1' }],
];
const LINE_WIRES: Wire[] = [['first', 'out', 'second'], ['second', 'out', 'third']];

test('the timeline follows a run and leads to its steps, by pointer and by keyboard', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(
    page.request, 'Slow',
    [['before', 'transform', { expression: 'input' }], ['pause', 'delay', { seconds: 2.5 }], ['after', 'transform', { expression: 'input' }]],
    [['before', 'out', 'pause'], ['pause', 'out', 'after']],
  );
  await open(page, await start(page.request, path, 'water'));
  const pause = lane(page, 'pause').getByTestId('bar');
  await expect(pause).toHaveAttribute('data-state', 'waiting');
  await expect(pause).toHaveClass(/is-waiting/);
  await expect(status(page)).toContainText('Waiting');

  // It ends without a reload; the bar says what it was.
  await expect(status(page)).toContainText('Completed');
  await expect(pause).toHaveAttribute('data-state', 'completed');
  await expect(pause).toHaveAttribute('data-tip', /Waited\t2\.\d s/);
  await expect(page.getByTestId('run-output')).toContainText('water');
  const [early, late] = await Promise.all(
    ['before', 'after'].map(async (name) => (await lane(page, name).getByTestId('bar').boundingBox())?.x ?? 0),
  );
  expect(late, 'later steps stand further right').toBeGreaterThan(early + 100);

  await lane(page, 'before').getByTestId('bar').click();
  await expect(inspector(page)).toContainText('before');
  await expect(page).toHaveURL(/step=/);
  await lane(page, 'before').getByTestId('bar').focus();
  await page.keyboard.press('ArrowDown');
  await expect(pause).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(inspector(page)).toContainText('Delay');
  await expect(inspector(page).getByTestId('usage')).toContainText(/Took\s*2\.\d s/);

  await page.setViewportSize({ width: 320, height: 700 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(320);
  expect(noise).toEqual([]);
});

test('cancel, resume: what is done is kept', async ({ page }) => {
  await register(page);
  const path = await make(
    page.request, 'Long',
    [['before', 'transform', { expression: 'input' }], ['pause', 'delay', { seconds: 600 }]], [['before', 'out', 'pause']],
  );
  const first = await start(page.request, path, 'water');
  await open(page, first);
  await expect(lane(page, 'pause').getByTestId('bar')).toHaveAttribute('data-state', 'waiting');
  await page.getByTestId('cancel-run').click();
  await expect(status(page)).toContainText('Cancelled');
  await page.getByTestId('resume-run').click();
  await page.waitForURL((url) => url.pathname !== first && url.pathname.includes('/runs/'));
  await expect(row(page, 'before')).toHaveAttribute('data-state', 'reused');
  await expect(lane(page, 'pause').getByTestId('bar')).toHaveAttribute('data-state', 'waiting');
  await page.getByTestId('forked-from').click();
  await expect(page).toHaveURL(first);
  await expect(status(page)).toContainText('Cancelled');
});

test('fork with another input, with another output, from a step', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Line', LINE, LINE_WIRES);
  const first = await start(page.request, path, { n: 1 }, 30);
  await open(page, first);
  await expect(page.getByTestId('run-output')).toContainText('21');

  await page.getByTestId('fork-open').click();
  const field = page.getByTestId('fork-input');
  await field.fill('{"n": }');
  await expect(page.getByTestId('fork-dialog')).toContainText('Line 1, column 7');
  await expect(page.getByTestId('fork-start')).toBeDisabled();
  await field.fill('{"n": 4}');
  await expect(page.getByTestId('fork-sum')).toContainText('depends on the input');
  await page.getByTestId('fork-start').click();
  await expect(page.getByTestId('run-output')).toContainText('51');
  await expect(page.getByTestId('forked-from')).toBeVisible();

  await open(page, first);
  await row(page, 'second').click();
  await page.getByTestId('fork-output-open').click();
  await page.getByTestId('fork-output-text').fill('7');
  await page.getByTestId('fork-start').click();
  await page.waitForURL((url) => url.pathname !== first && url.pathname.includes('/runs/'));
  await expect(page.getByTestId('run-output')).toContainText('8');
  await expect(row(page, 'first')).toHaveAttribute('data-state', 'reused');

  await open(page, first);
  await row(page, 'third').click();
  await page.getByTestId('run-from').click();
  await page.waitForURL((url) => url.pathname !== first && url.pathname.includes('/runs/'));
  await expect(row(page, 'second')).toHaveAttribute('data-state', 'reused');
  await expect(row(page, 'third')).toHaveAttribute('data-state', 'completed');
  await expect(inspector(page)).toContainText('21');
});

const ASK: Step[] = [
  ['ask', 'approval', { message: 'Send {input}?' }],
  ['yes', 'transform', { expression: 'input.comment' }],
  ['no', 'transform', { expression: '"kept"' }],
];
const ASK_WIRES: Wire[] = [['ask', 'approved', 'yes'], ['ask', 'rejected', 'no']];

test('a step that asks is answered in place', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(
    page.request, 'Ask',
    [...ASK, ['tick', 'delay', { seconds: 1.5 }], ['tock', 'transform', { expression: '1' }]],
    [...ASK_WIRES, ['tick', 'out', 'tock']],
  );
  await open(page, await start(page.request, path, 'the parcel'));
  const ask = page.getByTestId('approval');
  await expect(ask).toContainText('Send the parcel?');
  await page.getByTestId('approval-comment').pressSequentially('by ', { delay: 10 });
  // Other steps go on; what is typed stays.
  await expect(row(page, 'tock')).toHaveAttribute('data-state', 'completed');
  await page.getByTestId('approval-comment').pressSequentially('ship', { delay: 10 });
  await page.getByTestId('approve').click();
  await expect(ask).toBeHidden();
  await expect(status(page)).toContainText('Completed');
  await expect(page.getByTestId('run-output')).toContainText('by ship');
  await expect(row(page, 'no')).toHaveAttribute('data-state', 'skipped');
  expect(noise).toEqual([]);
});

test('runs that a step started are counted, linked both ways, and kept out of the lists', async ({ page }) => {
  await register(page);
  await make(page.request, 'Halve', [['halve', 'transform', { expression: '12 / input' }]], []);
  const path = await make(
    page.request, 'All of them',
    [['each', 'for_each', { items: '{{ input }}', workflow: 'Halve', on_error: 'collect' }]], [],
  );
  const parent = await start(page.request, path, [1, 0, 3], 30);
  await open(page, parent);
  await row(page, 'each').click();
  const children = page.getByTestId('children');
  await expect(children.locator('[data-testid="child-count"][data-state="completed"]')).toContainText('2');
  await expect(children.locator('[data-testid="child-count"][data-state="failed"]')).toContainText('1');
  await children.getByTestId('child-run').filter({ hasText: 'Item 2' }).click();
  await expect(status(page)).toContainText('Failed');
  await page.getByTestId('parent-run').click();
  await expect(page).toHaveURL(parent);

  await open(page, '/runs');
  await expect(page.getByTestId('run-row')).toHaveCount(1);
  await page.getByTestId('show-children').click();
  await expect(page.getByTestId('run-row')).toHaveCount(4);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('a run is decided, cancelled, resumed and run again by plain forms', async ({ page, request }) => {
    const { who, headers } = await apiAccount(request);
    const path = await make(request, 'Ask', ASK, ASK_WIRES, headers);
    const run = await start(request, path, 'the parcel', 0, headers);
    await page.goto('/sign-in');
    await page.getByLabel(/User name/).fill(who.username);
    await page.locator('input[name="password"]').fill(who.password);
    await page.getByTestId('submit').click();

    await expect(async () => {
      await page.goto(run);
      await expect(page.getByTestId('approval')).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByTestId('approval-comment').fill('not today');
    await page.getByTestId('reject').click();
    await expect(page).toHaveURL((url) => url.pathname === run);
    await expect(async () => {
      await page.goto(run);
      await expect(page.getByTestId('run-output')).toContainText('kept', { timeout: 500 });
    }).toPass();

    await page.getByTestId('run-again').click();
    await expect(page).not.toHaveURL(run);
    const again = page.url();
    await expect(page.getByTestId('forked-from')).toBeVisible();
    await page.getByTestId('cancel-run').click();
    await expect(async () => {
      await page.goto(again);
      await expect(page.getByTestId('resume-run')).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByTestId('resume-run').click();
    await expect(page).not.toHaveURL(again);
    await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  });
});
