import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { hydrated } from './support';

// Every page in its main states, dark and light: axe finds nothing that WCAG 2.1 A and AA ask for.

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

async function clean(page: Page, what: string) {
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const told = violations.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`).join(' | ')}`);
    expect.soft(told, `${what}, ${theme}`).toEqual([]);
  }
}

async function visit(page: Page, path: string, what = path) {
  await page.goto(path);
  await hydrated(page);
  await expect(page.locator('main')).toBeVisible();
  await clean(page, what);
}

test('before signing in', async ({ page }) => {
  await visit(page, '/sign-in');
  await page.getByLabel(/User name/).fill('nobody');
  await page.locator('input[name="password"]').fill('not a password');
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('form-error')).toBeVisible();
  await clean(page, 'sign-in, refused');
  await visit(page, '/register');
  await visit(page, '/nowhere');
});
