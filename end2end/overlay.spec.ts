import { expect, test } from '@playwright/test';
import { make, type Step, type Wire } from './graphs';
import { listen, register, whole } from './support';

const steps: Step[] = [
  ['read', 'transform', { expression: '[1, 2, 3]' }],
  ['many', 'condition', { condition: 'input | length > 2' }],
  ['yes', 'transform', { expression: '{"text": "many"}' }],
  ['no', 'transform', { expression: '1' }],
];
const wires: Wire[] = [['read', 'out', 'many'], ['many', 'true', 'yes'], ['many', 'false', 'no']];

test('edges tell what went along them; steps tell when they have changed since', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Count', steps, wires);
  await page.goto(path);
  await whole(page);
  const card = (name: string) => page.locator(`[data-testid="node-card"][data-node-name="${name}"]`);
  const flows = page.getByTestId('wire-flow');
  const stale = (name: string) => card(name).getByRole('img', { name: 'Changed since this run' });
  await expect(flows).toHaveCount(0);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByTestId('run-dialog')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(card('yes')).toHaveAttribute('data-state', 'completed');
  await expect(card('no')).toHaveAttribute('data-state', 'skipped');
  // The branch that was not taken says nothing.
  await expect(flows).toHaveText(['3 items', '3 items']);
  await expect(page.locator('.wire-group.is-taken')).toHaveCount(2);

  // The step itself and what follows it; what comes before stays as it was. Undo takes the marks back.
  await page.keyboard.press('Escape');
  await card('many').locator('.node__name').click();
  await card('many').press('d');
  await expect(stale('many')).toBeVisible();
  await expect(stale('yes')).toBeVisible();
  await expect(stale('read')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(stale('yes')).toHaveCount(0);
  expect(noise).toEqual([]);
});
