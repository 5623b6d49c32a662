import { expect, test } from '@playwright/test';
import { draw, make, revision, start, type Step } from './graphs';
import { hydrated, listen, register } from './support';

const shout: Step = ['shout', 'transform', { expression: 'input.upper()' }];
const twice: Step = ['twice', 'transform', { expression: 'input ~ input' }];

test('versions: what changed, restored, and taken back', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Words', [shout], []);
  await start(page.request, path, 'a', 30);
  const second: Step[] = [['shout', 'transform', { expression: 'input.lower()' }, { retry: { max_attempts: 2 } }], twice];
  await draw(page.request, path, await revision(page.request, path), second, [['shout', 'out', 'twice']]);

  await page.goto(path);
  await hydrated(page);
  await page.getByTestId('versions-link').click();
  await expect(page.getByTestId('version-row')).toHaveCount(1);
  const changes = page.getByTestId('changes');
  await expect(page.getByTestId('changes-sum')).toContainText('1 step added, 1 step changed, 1 connection changed.');
  const changed = changes.locator('[data-node-name="shout"]');
  await expect(changed).toContainText('Expression');
  await expect(changed).toContainText('input.upper()');
  await expect(changed).toContainText('input.lower()');
  await expect(changes.locator('[data-node-name="twice"]')).toContainText('Added');
  const drawing = page.getByTestId('compared');
  await expect(drawing.locator('[data-node-name="twice"]')).toHaveAttribute('data-fate', 'added');
  const drawn = drawing.locator('[data-node-name="shout"]');
  await expect(drawn).toHaveAttribute('data-fate', 'changed');
  await expect(drawn).toContainText('Expression, Retries');
  for (const word of ['Added', 'Removed', 'Changed', 'The same']) await expect(drawing.locator('figcaption')).toContainText(word);
  await page.getByTestId('compare-none').click();
  await expect(page.getByTestId('contents')).toContainText('1 step');

  await page.getByTestId('restore-version').click();
  await page.getByTestId('restore-confirm').click();
  await expect(page.getByTestId('restored')).toContainText('as it was in version 1');
  await expect(drawing).toBeHidden();
  await expect(changes).toContainText('Nothing differs');
  await expect(page.getByTestId('version-row'), 'what was there before is a version now').toHaveCount(2);
  await page.getByTestId('restore-undo').click();
  await page.getByTestId('restore-confirm').click();
  await expect(page.getByTestId('restored')).toContainText('as it was in version 2');
  await page.goto(path);
  await expect(page.locator('[data-testid="node-card"][data-node-name="twice"]')).toBeVisible();

  await page.goto(`${path}/versions/2?with=1`);
  await hydrated(page);
  await expect(page.getByTestId('changes-sum'), 'from the older to the newer').toContainText('1 step added');
  await page.setViewportSize({ width: 320, height: 700 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(noise).toEqual([]);
});

test('versions: what is gone is drawn where it was, a thousand steps do not hang, and the drawing moves', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  const path = await make(page.request, 'Gone', [shout, twice], [['shout', 'out', 'twice']]);
  await start(page.request, path, 'a', 30);
  const many: Step[] = Array.from({ length: 999 }, (_, i) => [`s${i}`, 'transform', { expression: 'input' }]);
  await draw(page.request, path, await revision(page.request, path), [shout, ...many], [['shout', 'out', 's0'], ['s0', 'out', 's1']]);
  await page.goto(`${path}/versions/1`);
  await hydrated(page);
  const drawing = page.getByTestId('compared');
  const gone = drawing.locator('[data-node-name="twice"]');
  await expect(gone).toHaveAttribute('data-fate', 'removed');
  await expect(gone.locator('title')).toHaveText('twice: Removed');
  await expect(page.getByTestId('changes-sum')).toContainText('999 steps added, 1 step removed, 3 connections changed.');

  const seen = () => drawing.locator('svg').first().getAttribute('viewBox');
  const all = await seen();
  await drawing.getByRole('button', { name: 'Zoom in' }).click();
  const near = await seen();
  expect(Number(near!.split(' ')[2])).toBeLessThan(Number(all!.split(' ')[2]));
  const box = (await drawing.locator('.compared__box').boundingBox())!;
  await page.mouse.move(box.x + 200, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 100, { steps: 3 });
  await page.mouse.up();
  expect(Number((await seen())!.split(' ')[0])).toBeGreaterThan(Number(near!.split(' ')[0]));
  await drawing.getByRole('button', { name: 'Show all' }).click();
  expect(await seen()).toBe(all);
  expect(noise).toEqual([]);
});
