import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { listen, register, whole } from './support';

const card = (page: Page) => page.getByTestId('node-card').first();
const panel = (page: Page) => page.getByTestId('config-panel');
const width = async (page: Page) => Math.round((await panel(page).boundingBox())!.width);
const height = async (page: Page) => Math.round((await page.getByTestId('dock').boundingBox())!.height);

async function graph(page: Page) {
  await register(page);
  return make(page.request, 'Panes', [['only', 'transform', { expression: 'input' }]], []);
}

/** Drags the middle of a handle. */
async function drag(page: Page, handle: string, right: number, down: number) {
  const box = (await page.getByTestId(handle).boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + right, y + down, { steps: 5 });
  await page.mouse.up();
}

test('the panel of a step is as wide as one likes, also the next time', async ({ page }) => {
  const noise = listen(page);
  const path = await graph(page);
  await page.goto(path);
  await whole(page);
  await card(page).click({ position: { x: 60, y: 20 } });
  const handle = page.getByRole('separator', { name: 'Width of the panel' });
  await expect(handle).toHaveAttribute('aria-valuenow', '368');
  await expect(handle).toHaveAttribute('aria-valuemin', '320');
  await expect(handle).toHaveAttribute('aria-valuemax', '640');
  await expect.poll(() => width(page)).toBe(368);

  await drag(page, 'panel-handle', -100, 0);
  await expect.poll(() => width(page)).toBe(468);
  await expect(handle).toHaveAttribute('aria-valuenow', '468');
  await drag(page, 'panel-handle', -900, 0);
  await expect.poll(() => width(page)).toBe(640);
  await handle.press('ArrowRight');
  await expect.poll(() => width(page)).toBe(624);
  await expect(panel(page), 'the arrow moved no step and closed nothing').toBeVisible();

  await page.reload();
  await whole(page);
  await card(page).click({ position: { x: 60, y: 20 } });
  await expect.poll(() => width(page)).toBe(624);
  await handle.dblclick();
  await expect.poll(() => width(page)).toBe(368);
  await handle.press('Home');
  await expect.poll(() => width(page)).toBe(320);
  expect(noise).toEqual([]);
});

test('the dock is as high as one likes and the canvas takes the rest', async ({ page }) => {
  const path = await graph(page);
  await page.goto(path);
  await whole(page);
  await page.getByTestId('dock').getByRole('button', { name: 'Problems' }).click();
  const handle = page.getByRole('separator', { name: 'Height of the panel' });
  await expect.poll(() => height(page)).toBe(300);
  await expect(handle).toHaveAttribute('aria-valuenow', '300');
  const seen = async () => {
    const [canvas, dock] = [(await page.getByTestId('canvas').boundingBox())!, (await page.getByTestId('dock').boundingBox())!];
    return Math.round(dock.y - (canvas.y + canvas.height));
  };
  await expect.poll(seen).toBe(0);
  await drag(page, 'dock-handle', 0, -150);
  await expect.poll(() => height(page)).toBe(450);
  await expect.poll(seen).toBe(0);
  // A graph that was shown whole still is.
  await expect.poll(async () => {
    const [canvas, only] = [(await page.getByTestId('canvas').boundingBox())!, (await card(page).boundingBox())!];
    return only.y >= canvas.y && only.y + only.height <= canvas.y + canvas.height;
  }).toBe(true);
  await handle.press('Home');
  await expect.poll(() => height(page)).toBe(160);
  await handle.press('End');
  const editor = (await page.getByTestId('editor').boundingBox())!.height;
  await expect.poll(() => height(page)).toBe(Math.round(editor * 0.7));
  await page.reload();
  await whole(page);
  await page.getByTestId('dock').getByRole('button', { name: 'Problems' }).click();
  await expect.poll(() => height(page)).toBe(Math.round(editor * 0.7));
});

test('phones have no handles', async ({ page }) => {
  const path = await graph(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(path);
  await whole(page);
  await page.getByTestId('outline').getByRole('button').first().click();
  await expect(panel(page)).toBeVisible();
  await expect(page.getByRole('separator', { name: 'Width of the panel' })).toHaveCount(0);
  expect(await width(page)).toBe(390);
});
