import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { hydrated } from './support';

// The table that the native tests run, given to the WASM build: the browser must answer as the server does.
// The page's own policy forbids the import below, as it should.
test.use({ bypassCSP: true });

test('the checker and the expressions answer in the browser as on the server', async ({ page }) => {
  const table = readFileSync(resolve(__dirname, '../src/workflow/cases.json'), 'utf8');
  await page.goto('/sign-in');
  await hydrated(page);
  const report = await page.evaluate(async (json) => {
    const module = '/pkg/millrace.js'; // the instance that the page itself runs on
    const { run_cases } = (await import(module)) as { run_cases: (json: string) => Promise<string> };
    return JSON.parse(await run_cases(json)) as { name: string; ok: boolean; got: unknown; expected: unknown }[];
  }, table);
  expect(report.length).toBeGreaterThan(100);
  expect(report.filter((c) => !c.ok)).toEqual([]);
});
