import { expect, test, type Page } from '@playwright/test';
import { make } from './graphs';
import { stock } from './stock';
import { hydrated, listen, register } from './support';

const file = (name: string, text: string) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });
const upload = (page: Page, name: string) => page.locator(`[data-testid="upload"][data-name="${name}"]`);
const hits = (page: Page) => page.getByTestId('hit');

const MILLS = 'A water mill grinds corn. The river turns the wheel, and the wheel turns the stone.';
const CATS = 'Cats sleep for most of the day and hunt at dusk.';

async function search(page: Page, words: string) {
  await page.getByTestId('search').fill(words);
  await page.getByTestId('search').press('Enter');
}

test('a collection: made, filled with files, searched, emptied, deleted', async ({ page }) => {
  const noise = listen(page);
  await register(page);
  await page.goto('/collections');
  await hydrated(page);
  await expect(page.getByRole('heading', { name: 'No collections yet' })).toBeVisible();
  await page.getByTestId('new-collection').click();
  await page.getByLabel('Name', { exact: true }).fill('a/b');
  await page.getByTestId('collection-create').click();
  await expect(page.getByTestId('collection-dialog').getByRole('alert')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Field notes');
  await page.getByTestId('collection-create').click();
  await page.waitForURL(/\/collections\/Field%20notes$/);
  await expect(page.getByTestId('drop-zone')).toBeVisible();

  // Several at once: good ones come in, bad ones say why, and neither disturbs the other.
  await page.getByTestId('file-field').first().setInputFiles([
    file('mills.txt', MILLS), file('cats.md', `# Cats\n\n${CATS}`), file('empty.txt', ''), file('picture.png', 'PNG'),
  ]);
  await expect(upload(page, 'mills.txt')).toHaveAttribute('data-state', 'done');
  await expect(upload(page, 'mills.txt')).toContainText('1 part added');
  await expect(upload(page, 'cats.md')).toHaveAttribute('data-state', 'done');
  await expect(upload(page, 'empty.txt')).toHaveAttribute('data-state', 'failed');
  await expect(upload(page, 'picture.png')).toHaveAttribute('data-state', 'failed');
  await expect(upload(page, 'picture.png')).toContainText(/png|format|read/i);
  await expect(page.getByTestId('document')).toHaveCount(2);
  await expect(page.getByTestId('document-count')).toContainText('2 documents');

  // The same file again adds nothing.
  await page.getByTestId('file-field').first().setInputFiles(file('mills again.txt', MILLS));
  await expect(upload(page, 'mills again.txt')).toContainText('there already');
  await expect(page.getByTestId('document')).toHaveCount(2);

  await page.getByTestId('paste-text').click();
  await page.getByLabel('Title').fill('Bakers');
  await page.getByTestId('paste-area').fill('The baker buys flour and bakes bread before sunrise.');
  await page.getByTestId('paste-add').click();
  await expect(upload(page, 'Bakers.txt')).toHaveAttribute('data-state', 'done');
  await expect(page.getByTestId('document')).toHaveCount(3);

  // By words, by meaning, by both; with the reasons.
  await page.getByTestId('mode-lexical').click();
  await search(page, 'wheel');
  await expect(page).toHaveURL(/q=wheel&mode=lexical/);
  await expect(hits(page)).toHaveCount(1);
  await expect(hits(page).first()).toContainText('water mill');
  await expect(hits(page).first().locator('mark').first()).toHaveText('wheel');
  await expect(hits(page).first().getByTestId('why')).toContainText(/Words .*1st/);
  await page.getByTestId('mode-vector').click();
  await search(page, 'animals that rest');
  await expect(hits(page).first()).toContainText('Cats sleep');
  await expect(hits(page).first().getByTestId('why')).toContainText(/Meaning 0\.\d+ · 1st/);
  await page.getByTestId('mode-hybrid').click();
  await search(page, 'flour');
  await expect(hits(page).first()).toContainText('baker');
  await expect(hits(page).first().getByTestId('why')).toContainText('Meaning');
  await expect(hits(page).first().getByTestId('why')).toContainText('Words');
  await page.reload();
  await hydrated(page);
  await expect(page.getByTestId('search')).toHaveValue('flour');
  await expect(hits(page).first(), 'a search is an address').toContainText('baker');
  await page.getByRole('link', { name: 'All documents' }).click();

  const cats = page.getByTestId('document').filter({ hasText: 'Cats' });
  await cats.locator('summary').first().click();
  await expect(cats.getByTestId('document-text')).toContainText(CATS);
  await expect(cats).toContainText('cats.md');
  await cats.getByTestId('delete-document').click();
  await cats.getByTestId('delete-document').click();
  await expect(page.getByTestId('document')).toHaveCount(2);
  await search(page, 'cats');
  await expect(hits(page).filter({ hasText: 'Cats sleep' }), 'gone at once').toHaveCount(0);

  // A step that uses it is named before it is deleted.
  await make(page.request, 'Asks', [['look', 'faiss_search', { collection_name: 'Field notes', query: '{{ input }}' }]], []);
  await page.getByTestId('delete-collection').click();
  await expect(page.getByTestId('uses')).toContainText('Asks');
  await page.getByTestId('confirm-yes').click();
  await page.waitForURL(/\/collections$/);
  await expect(page.getByRole('heading', { name: 'No collections yet' })).toBeVisible();
  expect(noise.filter((line) => !line.includes('status of 422')), 'but for what was refused').toEqual([]);
});

test('files are dropped anywhere, and an upload can be stopped', async ({ page }) => {
  await register(page);
  await page.request.post('/api/vectors/collections', { data: { name: 'Drops' } });
  await page.goto('/collections/Drops');
  await hydrated(page);
  const carried = await page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name, { type: 'text/plain' }));
      return data;
    },
    ['dropped.txt', MILLS],
  );
  await page.dispatchEvent('body', 'dragover', { dataTransfer: carried });
  await expect(page.getByTestId('drop-here')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: carried });
  await expect(page.getByTestId('drop-here')).toBeHidden();
  await expect(upload(page, 'dropped.txt')).toHaveAttribute('data-state', 'done');

  // Large enough to be under way for a while.
  const long = Array.from({ length: 6000 }, (_, i) => `Paragraph ${i} tells of mill number ${i * 7} by river ${i * 13}.`);
  await page.getByTestId('file-field').first().setInputFiles(file('long.txt', long.join('\n\n')));
  await expect(upload(page, 'long.txt')).toHaveAttribute('data-state', 'busy');
  await upload(page, 'long.txt').getByTestId('cancel-upload').click();
  await expect(upload(page, 'long.txt')).toHaveAttribute('data-state', 'cancelled');
});

test('a step searches the collection that is chosen for it', async ({ page }) => {
  await register(page);
  await stock(page.request);
  const path = await make(page.request, 'Find', [['look', 'faiss_search', { collection_name: '', query: '{{ input }}' }]], []);
  await page.goto(path);
  await hydrated(page);
  await page.locator('[data-testid="node-card"]').click({ position: { x: 60, y: 20 } });
  const field = page.getByLabel('Collection', { exact: true });
  await field.fill('Nowhere');
  await expect(page.getByTestId('name-missing')).toContainText('No collection has this name');
  await field.fill('Notes');
  await expect(page.getByTestId('name-missing')).toBeHidden();
  await expect(page.getByTestId('save-state')).toContainText(/saved/i);
  await page.getByTestId('run-button').click();
  await page.getByTestId('run-input').fill('Who turns the stone?');
  await page.getByTestId('run-start').click();
  await expect(page.getByTestId('run-dialog')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.getByTestId('run-output').getByRole('button', { name: 'Raw' }).click();
  await expect(page.getByTestId('run-output')).toContainText('the wheel turns the stone');
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('documents are read and searched', async ({ page }) => {
    await register(page);
    await stock(page.request);
    await page.goto('/collections');
    await page.getByRole('link', { name: 'Notes' }).click();
    await expect(page.getByTestId('document')).toHaveCount(4);
    await page.getByTestId('search').fill('flour');
    await page.getByTestId('mode-lexical').click();
    await page.getByTestId('search-submit').click();
    await expect(page).toHaveURL(/mode=lexical/);
    await expect(hits(page)).toHaveCount(1);
    await expect(hits(page).first().locator('mark')).toHaveText('flour');
  });
});
