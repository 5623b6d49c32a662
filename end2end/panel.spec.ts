import { expect, test, type Page } from '@playwright/test';
import { make, start } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const panel = (page: Page) => page.getByTestId('config-panel');
const choose = (page: Page, name: string) => card(page, name).click({ position: { x: 60, y: 20 } });
const rows = (page: Page) => page.getByTestId('complete').getByRole('option');

const STEPS: Parameters<typeof make>[2] = [
  ['Fetch page', 'transform', { expression: 'input' }],
  ['titles', 'transform', { expression: 'input.rows' }],
  ['last', 'approval', { message: 'Go on?' }],
];
const WIRES: Parameters<typeof make>[3] = [['Fetch page', 'out', 'titles'], ['titles', 'out', 'last']];
const INPUT = { rows: [{ name: 'Elm', length: 3 }, { name: 'Oak', length: 7 }], place: { town: 'Ghent' } };

/** Opens the lower panel, if the run that is followed has not done so. */
async function openDock(page: Page) {
  const tab = page.getByTestId('dock').getByRole('button', { name: 'Run', exact: true });
  if ((await tab.getAttribute('aria-pressed')) !== 'true') await tab.click();
}

/** The workflow after a run; one with a question to a person is left waiting. */
async function ran(page: Page, input: unknown = INPUT, steps = STEPS.slice(0, 2), wires = WIRES.slice(0, 1)) {
  await register(page);
  const path = await make(page.request, 'Panel', steps, wires);
  await start(page.request, path, input, steps.length > 2 ? 1 : 20);
  return path;
}

test('an expression is completed from what is upstream and its result is shown', async ({ page }) => {
  const noise = listen(page);
  const path = await ran(page);
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'titles');
  const field = panel(page).locator('#config-expression');
  await expect(panel(page).getByTestId('preview')).toContainText('Elm');
  await expect(panel(page).getByTestId('preview')).toContainText('last run');

  await field.fill('');
  await field.pressSequentially('nodes.');
  await expect(rows(page).first()).toContainText('Fetch page');
  await expect(field).toHaveRole('combobox');
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue('nodes["Fetch page"]');
  await field.pressSequentially('.pla');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('object');
  await page.keyboard.press('Tab');
  await field.pressSequentially('.to');
  await expect(rows(page).first()).toContainText('Ghent');
  await page.keyboard.press('Tab');
  await expect(field).toHaveValue('nodes["Fetch page"].place.town');
  await expect(panel(page).getByTestId('preview')).toContainText('Ghent');

  await field.pressSequentially(' | up');
  await expect(rows(page).first()).toContainText('upper');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(panel(page).getByTestId('preview')).toContainText('GHENT');

  // Escape closes the list, not the panel; asked for, it comes again.
  await page.keyboard.press('Control+Space');
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('complete')).toBeHidden();
  await expect(panel(page)).toBeVisible();

  // What fails on the data says so, in words.
  await field.fill('input.nothing');
  await expect(panel(page).getByTestId('preview')).toContainText('nothing');
  await expect(panel(page).locator('.preview.is-wrong')).toBeVisible();
  await field.fill('"<b>bold</b>" ~ 1');
  await expect(panel(page).locator('.codefield__layer b')).toHaveCount(0);
  await expect(panel(page).getByTestId('preview')).toContainText('<b>bold</b>1');
  expect(noise).toEqual([]);
});

test('a value is dragged from the tree into a field, or inserted by keyboard', async ({ page }) => {
  const path = await ran(page, INPUT, STEPS, WIRES.slice(0, 1));
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'titles');
  await openDock(page);
  const tree = page.getByTestId('step-input').getByRole('tree');
  await expect(tree).toContainText('Ghent');
  const field = panel(page).locator('#config-expression');
  await field.fill('');
  await tree.locator('[data-path="input.place.town"]').dragTo(field);
  await expect(field).toHaveValue('input.place.town');

  await field.fill('');
  await tree.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(field).toHaveValue('input.place.town');

  // In a template the path gets its braces.
  await page.keyboard.press('Escape');
  await choose(page, 'last');
  const prompt = panel(page).locator('#config-message');
  await prompt.fill('Where? ');
  await page.locator('#dock-source').selectOption('run.input');
  await page.getByTestId('step-input').getByRole('tree').locator('[data-path="run.input.place.town"]').dragTo(prompt);
  await expect(prompt).toHaveValue(/\{\{ run\.input\.place\.town \}\}/);
});

test('the dock shows trees, tables, raw text, times and changes, and runs from a step', async ({ page }) => {
  const path = await ran(page);
  await start(page.request, path, { ...INPUT, rows: [{ name: 'Elm', length: 4 }] }, 20);
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'titles');
  await openDock(page);
  const output = page.getByTestId('step-output');
  await output.getByTestId('look-table').click();
  await expect(output.getByTestId('value-table')).toContainText('length');
  await output.getByTestId('look-raw').click();
  await expect(output).toContainText('"length": 4');
  await page.getByTestId('dock-timeline').click();
  await expect(page.getByTestId('dock-lane')).toHaveCount(2);
  await page.getByTestId('dock-changes').click();
  await expect(page.getByTestId('changes')).toContainText('[0].length');
  await expect(page.getByTestId('changes')).toContainText('[1]');

  await page.getByTestId('dock-data').click();
  await panel(page).locator('#config-expression').fill('input.rows | length');
  await page.getByTestId('dock-run-only').click();
  await expect(page.getByTestId('step-output')).toContainText('1');
  await expect(card(page, 'Fetch page')).toHaveAttribute('data-state', 'reused');
  await expect(card(page, 'titles')).toHaveAttribute('data-state', 'completed');
});

test('an output of four megabytes stays quick, and only a part of it is drawn', async ({ page }) => {
  const many = Array.from({ length: 1500 }, (_, i) => ({ id: i, text: `Entry ${i} of a long list of mills by the river`.repeat(10) }));
  await register(page);
  const path = await make(
    page.request, 'Large', [['grow', 'transform', { expression: '[input, input, input, input, input]' }], ['next', 'transform', { expression: 'input' }]],
    [['grow', 'out', 'next']],
  );
  await start(page.request, path, many, 30);
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'next');
  await openDock(page);
  const tree = page.getByTestId('step-output').getByRole('tree');
  await expect(tree).toContainText('5 entries');
  await tree.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await expect(tree).toContainText('{id, text}');
  expect(await tree.getByRole('treeitem').count()).toBeLessThanOrEqual(80);
  await page.keyboard.press('End');
  await expect(tree).toContainText('more of 1400');
  await page.getByTestId('step-output').getByTestId('look-raw').click();
  await expect(page.getByTestId('step-output').getByTestId('raw-more')).toBeVisible();
});

test('a problem leads to its field and is mended by a press', async ({ page }) => {
  await register(page);
  const steps: typeof STEPS = [STEPS[0], ['titles', 'transform', { fields: { a: 'nodes["Fetch pag"].rows' } }]];
  const path = await make(page.request, 'Slips', steps, WIRES.slice(0, 1));
  await page.goto(path);
  await hydrated(page);
  await expect(page.getByTestId('problem-count')).toContainText('1');
  await page.getByTestId('problem-count').click();
  await page.getByTestId('problems').locator('.problem').click();
  const row = panel(page).locator('.map__row textarea');
  await expect(row).toBeFocused();
  await page.getByTestId('problems').getByTestId('fix').click();
  await expect(page.getByTestId('problem-count')).toBeHidden();
  await expect(row).toHaveValue('nodes["Fetch page"].rows');
});

test('the input is shaped by rows or JSON and makes the form of the run', async ({ page }) => {
  const path = await ran(page, INPUT, [['only', 'transform', { expression: 'input.name ~ " " ~ input.n' }]], []);
  await page.goto(path);
  await hydrated(page);
  await page.getByTestId('run-button').click();
  await page.getByTestId('shape-input').click();
  const dialog = page.getByTestId('input-dialog');
  await dialog.getByTestId('schema-add').click();
  await dialog.getByLabel('Name of the field').fill('name');
  await dialog.getByTestId('schema-add').click();
  await dialog.getByLabel('Name of the field').nth(1).fill('n');
  await dialog.getByLabel('What it holds').nth(1).selectOption('whole');

  // What is no JSON is told with its place, and stays.
  await dialog.getByTestId('schema-json').click();
  const text = dialog.getByTestId('schema-text');
  const good = await text.inputValue();
  await text.fill('{"type": ');
  await expect(dialog.getByTestId('schema-slip')).toContainText('Line 1, column 9');
  await dialog.getByTestId('schema-rows').click();
  await expect(text).toHaveValue('{"type": ');
  await text.fill(good);
  await dialog.getByTestId('schema-rows').click();
  await expect(dialog.getByTestId('schema-row')).toHaveCount(2);
  await dialog.getByTestId('input-save').click();
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);

  await page.reload();
  await hydrated(page);
  // Another name does not take the form away.
  await page.getByTestId('workflow-name').fill('Panel again');
  await page.keyboard.press('Enter');
  await expect.poll(async () => ((await (await page.request.get(`/api${path}`)).json()) as { name: string }).name).toBe('Panel again');
  await page.reload();
  await hydrated(page);
  await page.getByTestId('run-button').click();
  const form = page.getByTestId('run-form');
  await form.getByLabel('name').fill('wheel');
  await form.getByLabel('n', { exact: true }).fill('many');
  await page.keyboard.press('Tab');
  await expect(form).toContainText('must be a whole number');
  await form.getByLabel('n', { exact: true }).fill('3');
  await page.keyboard.press('Tab');
  await page.getByTestId('input-json').click();
  await expect(page.getByTestId('run-input')).toHaveValue(/"n": 3/);
  await page.getByTestId('input-form').click();
  await page.getByTestId('run-start').click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('run-output')).toContainText('wheel 3');
});

test('a run that is opened from the history is followed in the editor, and asks there', async ({ page }) => {
  await register(page);
  const path = await make(
    page.request, 'Asks', [['ask', 'approval', { message: 'Shall it turn?' }], ['yes', 'transform', { expression: '"it turns"' }]],
    [['ask', 'approved', 'yes']],
  );
  const run = await start(page.request, path, {});
  await page.goto(run);
  await hydrated(page);
  await page.getByTestId('open-workflow').click();
  await page.waitForURL(/\?run=/);
  await expect(page.getByTestId('approval')).toContainText('Shall it turn?');
  await page.getByTestId('approve').click();
  await expect(page.getByTestId('run-output')).toContainText('it turns');
  await expect(page.getByTestId('run-version')).toContainText('Version 1');
});
