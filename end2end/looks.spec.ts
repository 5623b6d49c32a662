import { expect, test, type Page } from '@playwright/test';
import { make, start, type Step } from './graphs';
import { stock } from './stock';
import { hydrated, register } from './support';

// How the pages look, dark and light, against the pictures in `looks/`. After a change that is meant:
// `npx playwright test --config end2end/playwright.config.ts looks --update-snapshots`, and look at what changed.

const echo: Step = ['Read', 'transform', { expression: 'input' }];
const ask: Step = ['Approve', 'approval', { message: 'Shall it be sent?' }];
const breaks: Step = ['Weigh', 'transform', { expression: 'input.nothing' }];

test.use({ viewport: { width: 1120, height: 700 }, reducedMotion: 'reduce' });

/** What differs from run to run: times, ids, names made up for this test. */
const CHANGING = 'time, .num, .spark, .avatar, [data-testid="account-name"], [data-testid="run-id"], .timeline, .uptime';

async function look(page: Page, name: string) {
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(0, 0);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect.soft(page).toHaveScreenshot(`${name}-${colorScheme}.png`, {
      mask: [page.locator(CHANGING)],
      maskColor: '#808080',
      // Fonts are drawn a little differently by each build of the browser; a button that moved is far more than this.
      maxDiffPixelRatio: 0.015,
      threshold: 0.25,
    });
  }
}

async function open(page: Page, path: string) {
  await page.goto(path);
  await hydrated(page);
  await expect(page.locator('main')).toBeVisible();
}

test('before there is anything', async ({ page }) => {
  await open(page, '/sign-in');
  await look(page, 'sign-in');
  await register(page);
  await hydrated(page);
  await look(page, 'first-visit');
  await open(page, '/templates');
  await look(page, 'templates');
  await open(page, '/nowhere');
  await look(page, 'not-found');
});

test('with something in them', async ({ page }) => {
  test.setTimeout(180_000);
  await register(page);
  await stock(page.request);
  const bad = await make(page.request, 'Weigh the sacks', [breaks], []);
  await start(page.request, bad, { some: 1 }, 30);
  const good = await make(page.request, 'Answer a letter', [echo, ask], [['Read', 'out', 'Approve']]);
  const run = await start(page.request, good, { letter: 'How much is the flour?' });
  await page.goto(run);
  await expect(page.getByText('Shall it be sent?').first()).toBeVisible();

  await open(page, '/');
  await look(page, 'dashboard');
  await open(page, '/runs');
  await look(page, 'runs');
  await open(page, '/collections/Notes');
  await look(page, 'collection');
  await open(page, '/tables/orders?order=amount');
  await look(page, 'table');
  await open(page, '/credentials');
  await look(page, 'credentials');
  await open(page, `${good}/triggers?new=schedule`);
  await expect(page.getByTestId('schedule-preview').getByTestId('next-times')).toBeVisible();
  await look(page, 'triggers');
  await open(page, '/settings');
  await look(page, 'settings');
  await page.setViewportSize({ width: 390, height: 700 });
  await open(page, '/');
  await look(page, 'dashboard-phone');
});
