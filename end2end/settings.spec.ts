import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { hydrated, listen, register } from './support';

const card = (page: Page, name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
const choose = (page: Page, name: string) => card(page, name).click({ position: { x: 60, y: 20 } });

async function saved(page: Page) {
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
}

test('settings of a step: messages beside the field, undo, saved', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Settings', [['work', 'transform', { expression: 'input' }]], []);
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'work');
  const section = page.getByTestId('node-settings');
  await section.locator('summary').click();
  const attempts = page.getByTestId('setting-attempts');
  const write = async (field: string, text: string) => {
    await page.getByTestId(field).fill(text);
    await page.getByTestId(field).press('Tab');
  };
  await write('setting-attempts', '0');
  await expect(section).toContainText('At least one attempt is needed');
  await write('setting-attempts', 'often');
  await expect(section).toContainText('Write a whole number');
  await write('setting-attempts', '4');
  await expect(section).not.toContainText('Write a whole number');
  await write('setting-delay', '250');
  await write('setting-timeout', '30000');
  await page.getByTestId('setting-note').fill('Slow on Mondays');
  await page.getByTestId('setting-disabled').check();
  await expect(card(page, 'work')).toHaveClass(/is-off/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await expect(card(page, 'work')).not.toHaveClass(/is-off/);
  await saved(page);

  await page.reload();
  await hydrated(page);
  await choose(page, 'work');
  await expect(section, 'open where something is set').toHaveAttribute('open', '');
  await expect(attempts).toHaveValue('4');
  await expect(page.getByTestId('setting-delay')).toHaveValue('250');
  await expect(page.getByTestId('setting-timeout')).toHaveValue('30000');
  await expect(page.getByTestId('setting-note')).toHaveValue('Slow on Mondays');
  expect(noise).toEqual([]);
});

test('a step is pinned from its last output, and a run may take that', async ({ page }) => {
  await register(page);
  const path = await make(
    page.request, 'Pins',
    [['roll', 'transform', { expression: 'input' }], ['show', 'transform', { expression: '"it is " ~ input' }]], [['roll', 'out', 'show']],
  );
  await page.goto(path);
  await hydrated(page);
  const run = async (input: string) => {
    await page.getByTestId('run-button').click();
    await page.getByTestId('run-input').fill(input);
  };
  await run('one');
  await expect(page.getByTestId('use-pinned')).toBeHidden();
  await page.getByTestId('run-start').click();
  await expect(page.getByTestId('run-output')).toContainText('it is one');
  await choose(page, 'roll');
  await page.getByTestId('pin-output').click();
  await expect(card(page, 'roll').getByLabel('Pinned output')).toBeVisible();

  const ends = async (text: string) => {
    await page.getByTestId('run-start').click();
    await expect(page.getByTestId('run-dialog')).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('run-output')).toContainText(text);
  };
  await run('two');
  await expect(page.getByTestId('use-pinned')).toBeChecked();
  await ends('it is one');
  await run('three');
  await page.getByTestId('use-pinned').uncheck();
  await ends('it is three');
});

test('a step that starts another workflow is given it by name', async ({ page }) => {
  await register(page);
  await make(page.request, 'Inner mill', [['grind', 'transform', { expression: 'input.upper()' }]], []);
  const path = await make(page.request, 'Outer', [['call', 'sub_workflow', { workflow: '' }]], []);
  await page.goto(path);
  await hydrated(page);
  await choose(page, 'call');
  await page.getByLabel('Workflow', { exact: true }).selectOption('Inner mill');
  await saved(page);
  await expect(page.getByTestId('problem-count')).toBeHidden();
  await page.getByTestId('run-button').click();
  await page.getByTestId('run-input').fill('corn');
  await page.getByTestId('run-start').click();
  await expect(page.getByTestId('run-dialog')).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('run-output')).toContainText('CORN');
});
