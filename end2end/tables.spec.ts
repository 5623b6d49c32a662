import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { make, start } from './graphs';
import { stock } from './stock';
import { hydrated, listen, register } from './support';

const rows = (page: Page) => page.getByTestId('grid-row');
const csv = (text: string) => ({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
const head = (page: Page, column: string) => page.locator(`th[data-column="${column}"] a`);

/** The texts of a column, from the top. */
async function column(page: Page, name: string): Promise<string[]> {
  const names = await page.locator('.grid th').evaluateAll((all) => all.map((th) => (th as HTMLElement).dataset.column));
  const index = names.indexOf(name);
  return rows(page).evaluateAll((all, i) => all.map((tr) => tr.children[i].textContent?.trim() ?? ''), index);
}

async function importFile(page: Page, text: string) {
  await page.getByTestId('csv-field').setInputFiles(csv(text));
  await page.getByTestId('import-start').click();
}

test('a table: made, imported into, sorted, filtered, written, exported, deleted', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await page.goto('/tables');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'No tables yet' })).toBeVisible();
  await page.getByTestId('new-table').click();
  await page.getByLabel('Name', { exact: true }).fill('people');
  const columns = page.getByTestId('column');
  await columns.nth(0).getByLabel('Name of the column').fill('name');
  await columns.nth(1).getByLabel('Name of the column').fill('age');
  await columns.nth(1).getByLabel('Type of the column').selectOption('integer');
  await page.getByTestId('table-create').click();
  await page.waitForURL(/\/tables\/people$/);
  await expect(page.getByTestId('empty-table')).toBeVisible();

  // What does not fit is said by its line, and nothing is taken.
  await page.getByTestId('import-csv').click();
  await importFile(page, 'name,age\nAda,36\nBob,many\n');
  await expect(page.getByTestId('import-report')).toContainText('Line 3');
  await expect(page.getByTestId('import-report')).toContainText('age');
  await importFile(page, 'name,age,city\nAda,36,"London, UK"\nBob,7,Oslo\n"Grace ""G"" Hopper",85,"New\nYork"\n');
  await expect(page.getByTestId('import-dialog')).toBeHidden();
  await expect(rows(page)).toHaveCount(3);
  await expect(page.getByTestId('row-count')).toContainText('3 rows');

  await head(page, 'age').click();
  await expect.poll(() => column(page, 'age')).toEqual(['7', '36', '85']);
  await head(page, 'age').click();
  await expect.poll(() => column(page, 'age')).toEqual(['85', '36', '7']);
  await expect(page).toHaveURL(/order=-age/);

  await page.getByTestId('filter-open').click();
  await page.getByLabel('Column', { exact: true }).selectOption('age');
  await page.getByLabel('Condition').selectOption('lt');
  await page.getByTestId('filter-value').fill('50');
  await page.getByTestId('filter-add').click();
  await expect.poll(() => column(page, 'name')).toEqual(['Ada', 'Bob']);
  await page.reload();
  await hydrated(page);
  await expect.poll(() => column(page, 'name')).toEqual(['Ada', 'Bob']);
  await page.getByTestId('filter').getByRole('link').click();
  await expect(rows(page)).toHaveCount(3);

  await page.getByTestId('add-row').click();
  await page.locator('#row-field-0').fill('Linus');
  await page.locator('#row-field-1').fill('old');
  await page.getByTestId('row-save').click();
  await expect(page.getByTestId('row-dialog').getByRole('alert')).toBeVisible();
  await page.locator('#row-field-1').fill('21');
  await page.getByTestId('row-save').click();
  await expect(page.getByTestId('row-dialog')).toBeHidden();
  await expect(rows(page)).toHaveCount(4);

  // By the keys: to a cell, to the one below, into the whole row.
  await page.locator('.grid td[tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('td:focus')).toHaveText('Ada');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('record')).toContainText('London, UK');
  await page.keyboard.press('Escape');

  // What is exported can be imported again.
  const download = page.waitForEvent('download');
  await page.getByTestId('export-csv').click();
  const text = readFileSync(await (await download).path(), 'utf8');
  expect(text).toContain('"Grace ""G"" Hopper"');
  expect(text).toContain('"New\nYork"');
  const again = await page.request.post('/api/tables', { data: { name: 'again' } });
  expect(again.ok()).toBe(true);
  await page.goto('/tables/again');
  await hydrated(page);
  await page.getByTestId('import-csv').click();
  await importFile(page, text);
  await expect(rows(page)).toHaveCount(4);
  await head(page, 'name').click();
  await expect.poll(() => column(page, 'name')).toEqual(['Ada', 'Bob', 'Grace "G" Hopper', 'Linus']);

  await page.getByTestId('delete-table').click();
  await page.getByTestId('confirm-yes').click();
  await page.waitForURL(/\/tables$/);
  await expect(page.getByTestId('table-row')).toHaveCount(1);
  expect(noise.filter((line) => !line.includes('status of 422')), 'but for what was refused').toEqual([]);
});

test('pages of rows, and every kind of value', async ({ page }) => {
  await register(page);
  await stock(page.request);
  await page.goto('/tables/orders?order=amount');
  await hydrated(page);
  await expect.poll(() => column(page, 'amount')).toEqual(['1', '3', '12']);
  expect(await column(page, 'paid')).toEqual(['false', 'false', 'true']);
  expect(await column(page, 'ordered')).toContain('2026-01-02 03:04:05');
  expect(await column(page, 'details')).toContain('{"sacks":[1,2]}');

  const many = Array.from({ length: 150 }, (_, i) => ({ n: i }));
  await page.request.post('/api/tables', { data: { name: 'many' } });
  const written = await page.request.post('/api/tables/many/rows', { data: { rows: many } });
  expect(written.ok(), await written.text()).toBe(true);
  await page.goto('/tables/many?order=n');
  await hydrated(page);
  await expect(rows(page)).toHaveCount(100);
  await page.getByTestId('next-page').click();
  await expect(rows(page)).toHaveCount(50);
  expect((await column(page, 'n'))[0]).toBe('100');
  await page.getByTestId('first-page').click();
  await expect(rows(page)).toHaveCount(100);
  await page.goto('/tables/many?where=%7B%22nobody%22%3A1%7D');
  await expect(page.getByRole('heading', { name: /could not be read/ })).toBeVisible();
  await page.getByRole('link', { name: 'Show all rows' }).click();
  await expect(rows(page)).toHaveCount(100);
});

test('a step writes rows that the page shows', async ({ page }) => {
  await register(page);
  const path = await make(page.request, 'Writes', [['write', 'db_write', { table: 'visits', data: { who: '{{ input }}' } }]], []);
  await start(page.request, path, 'Ada', 30);
  await page.goto('/tables');
  await expect(page.getByTestId('table-row').filter({ hasText: 'visits' })).toContainText('1 step');
  await page.getByRole('link', { name: 'visits' }).click();
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('Ada');
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('rows are read, sorted and filtered', async ({ page }) => {
    await register(page);
    await stock(page.request);
    await page.goto('/tables');
    await page.getByRole('link', { name: 'orders' }).click();
    await expect(rows(page)).toHaveCount(3);
    await head(page, 'amount').click();
    expect(await column(page, 'amount')).toEqual(['1', '3', '12']);
    await page.getByTestId('filter-open').click();
    await page.getByLabel('Column', { exact: true }).selectOption('amount');
    await page.getByLabel('Condition').selectOption('gte');
    await page.getByTestId('filter-value').fill('3');
    await page.getByTestId('filter-add').click();
    await expect(rows(page)).toHaveCount(2);
    expect(await column(page, 'amount')).toEqual(['3', '12']);
  });
});
