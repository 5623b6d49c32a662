// How the dashboard and the editor come up in a browser that is four times slower than this machine: hydration, LCP, CLS
// and INP of each, from a cold cache, the median of several visits. A server must be running without rate limits.
//
// node benches/pages/run.mjs http://127.0.0.1:3000 [VISITS]
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../package.json', import.meta.url));
const { chromium } = require('@playwright/test');

const base = process.argv[2];
const visits = Number(process.argv[3] ?? 5);
const THROTTLE = 4;
const STEPS = 20;
if (!base) throw new Error('say where the server is: node benches/pages/run.mjs http://127.0.0.1:3000');

/** What is kept in the page while it comes up. */
function watch() {
  const seen = { lcp: 0, cls: 0, inp: 0, alive: 0, tasks: [] };
  window.seen = seen;
  const observe = (type, take, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  observe('largest-contentful-paint', (e) => { seen.lcp = e.startTime; });
  observe('layout-shift', (e) => { if (!e.hadRecentInput) seen.cls += e.value; });
  observe('event', (e) => { if (e.interactionId) seen.inp = Math.max(seen.inp, e.duration); }, { durationThreshold: 16 });
  observe('longtask', (e) => seen.tasks.push([e.startTime, e.duration]));
  new MutationObserver((_, self) => {
    if (document.documentElement?.dataset.hydrated !== 'true') return;
    seen.alive = performance.now();
    self.disconnect();
  }).observe(document, { attributes: true, subtree: true, childList: true });
}

const middle = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const first = await browser.newContext({ baseURL: base });
const name = `pages${Date.now().toString(36)}`;
const made = await first.request.post('/api/auth/register', { data: { username: name, email: `${name}@example.org`, password: 'a mill by the water' } });
if (!made.ok()) throw new Error(`no account: ${made.status()} ${await made.text()}`);
const headers = { authorization: `Bearer ${(await made.json()).access_token}` };
const workflow = await (await first.request.post('/api/workflows', { headers, data: { name: 'Pages' } })).json();
const nodes = Array.from({ length: STEPS }, (_, i) => ({
  id: randomUUID(), name: `step ${i + 1}`, node_type: 'transform', config: { expression: 'input' }, settings: {},
  position_x: 320 * (i % 5), position_y: 200 * Math.floor(i / 5),
}));
const edges = nodes.slice(1).map((node, i) => ({ id: randomUUID(), source_node_id: nodes[i].id, source_port: 'out', target_node_id: node.id }));
const saved = await first.request.put(`/api/workflows/${workflow.id}/graph`, { headers, data: { revision: workflow.revision, nodes, edges } });
if (!saved.ok()) throw new Error(`no graph: ${saved.status()} ${await saved.text()}`);
const page = await first.newPage();
await page.goto('/sign-in');
await page.waitForFunction(() => document.documentElement.dataset.hydrated === 'true');
await page.locator('input').first().fill(name);
await page.locator('input[type="password"]').fill('a mill by the water');
await page.locator('form button[type="submit"]').click();
await page.waitForURL((url) => url.pathname === '/');
const storageState = await first.storageState();
await first.close();

/** Some presses of which the slowest counts. */
const uses = {
  dashboard: async (page) => {
    await page.getByTestId('new-workflow').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
  },
  editor: async (page) => {
    await page.locator('[data-testid="editor"][data-whole]').waitFor();
    const card = page.getByTestId('node-card').first();
    await card.click({ position: { x: 60, y: 20 } });
    await page.getByTestId('config-panel').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.getByTestId('palette-item').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Escape');
  },
};

for (const [what, path] of [['dashboard', '/'], ['editor', `/workflows/${workflow.id}`]]) {
  const all = [];
  for (let i = 0; i < visits; i += 1) {
    const context = await browser.newContext({ baseURL: base, storageState, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(watch);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
    await page.goto(path);
    await page.waitForFunction(() => window.seen?.alive > 0);
    await uses[what](page);
    await page.waitForTimeout(600);
    const seen = await page.evaluate(() => window.seen);
    // The task that ends with the page alive; a short one is no long task.
    const task = seen.tasks.find(([start, length]) => start <= seen.alive && seen.alive <= start + length + 1);
    all.push({ ...seen, hydration: task ? task[1] : 50 });
    await context.close();
  }
  const of = (key) => middle(all.map((one) => one[key]));
  console.log(
    `${what}: hydration ${of('hydration').toFixed(0)} ms, alive after ${of('alive').toFixed(0)} ms, ` +
      `LCP ${of('lcp').toFixed(0)} ms, CLS ${of('cls').toFixed(3)}, INP ${of('inp').toFixed(0)} ms (${visits} visits, CPU ${THROTTLE}x slower)`,
  );
}
await browser.close();
