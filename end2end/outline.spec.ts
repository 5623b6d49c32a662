import { expect, test } from '@playwright/test';
import { make, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const steps: Step[] = [
  ['ask', 'condition', { condition: 'input is defined' }],
  ['yes', 'transform', { expression: 'input' }],
  ['no', 'transform', { expression: 'input' }],
];

test('the list does by keys what the canvas does', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'By keys', steps, [['ask', 'true', 'yes']]);
  await page.goto(path);
  await hydrated(page);
  const list = page.getByTestId('outline');
  const row = (name: string) => list.locator('.outline__step', { hasText: name });
  await expect(list, 'the canvas has the room').toBeHidden();

  await page.getByTestId('canvas').press('o');
  await expect(list).toBeVisible();
  await expect(row('ask'), 'the focus goes to the first step').toBeFocused();
  await expect(list.locator('.outline__step')).toHaveText(['ask', 'yes', 'no']);

  // From the port "false" to the step "no"; the step that it hangs on cannot be chosen.
  await page.keyboard.press('Enter');
  await list.getByRole('button', { name: 'Connect “false”' }).press('Enter');
  await expect(row('ask')).toHaveAttribute('aria-disabled', 'true');
  await row('ask').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(row('no')).toBeFocused();
  await page.keyboard.press('Enter');
  await row('ask').press('Enter');
  const edges = list.getByRole('list', { name: 'Edges of this step' });
  await expect(edges.getByRole('listitem')).toHaveText([/To\s*no · false/, /To\s*yes · true/]);

  // A step between, a cut, an undo.
  await edges.getByRole('button', { name: 'Add a step between, to no' }).press('Enter');
  await page.getByTestId('palette-search').fill('transform');
  await page.keyboard.press('Enter');
  await expect(list.locator('.outline__step')).toHaveCount(4);
  await row('ask').press('Enter');
  await edges.getByRole('button', { name: 'Take away the edge to yes' }).press('Enter');
  await expect(edges.getByRole('listitem')).toHaveCount(1);
  await expect(row('ask'), 'the focus stays in the list').toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(edges.getByRole('listitem')).toHaveCount(2);

  // Off, away; several at once.
  await list.getByRole('button', { name: 'Disable (D)' }).press('Enter');
  await expect(row('ask').getByRole('img', { name: 'Disabled' })).toBeVisible();
  await row('yes').press('Enter');
  await row('yes').press('Delete');
  await expect(row('yes')).toHaveCount(0);
  await expect(list.locator('.outline__step:focus'), 'the focus goes to the next step').toHaveCount(1);
  await row('no').press('Enter');
  await row('ask').click({ modifiers: ['Shift'] });
  await expect(list.locator('[aria-current]')).toHaveCount(2);
  await page.keyboard.press('o');
  await expect(list).toBeHidden();
  await expect(page.getByTestId('save-state')).toContainText('Saved');
  expect(noise).toEqual([]);
});

test('a long list is there whole when it is asked for', async ({ page }) => {
  await register(page);
  const many: Step[] = Array.from({ length: 200 }, (_, i) => [`step ${i}`, 'transform', { expression: 'input' }]);
  await page.goto(await make(page.request, 'Long', many, []));
  await hydrated(page);
  const rows = page.locator('.outline__step');
  await expect(rows).toHaveCount(60);
  await page.getByTestId('outline-toggle').click();
  await expect(rows).toHaveCount(200);
});
