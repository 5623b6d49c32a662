// Opens one graph in Millrace's editor and in @xyflow/react and measures both the same way. Prints a table.
import { createServer, type Server } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { graph, type Graph } from './graph';
import { changeOf, eventsOf, frames, middle, openOf, watchOpening, type Frames } from './measure';

const root = resolve(import.meta.dirname, '../../..');
const nodes = Number(process.env.NODES ?? 1000);
const rounds = Number(process.env.ROUNDS ?? 3);
const port = Number(process.env.PORT ?? 3190);
const only = process.env.ONLY ?? '';
const bin = process.env.MILLRACE_BIN ?? join(root, 'target/release/millrace');
const base = `http://127.0.0.1:${port}`;

/** What tells one editor from the other. */
interface Subject {
  name: string;
  card: string;
  pane: string;
  url: () => Promise<string>;
}

async function serve(data: string): Promise<ChildProcess> {
  const child = spawn(bin, ['serve'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env, MILLRACE_LISTEN: `127.0.0.1:${port}`, MILLRACE_DATA_DIR: data, MILLRACE_RATE_LIMITS: 'off',
      MILLRACE_MAX_NODES: String(Math.max(nodes, 1000)), MILLRACE_LOG: 'warn',
      MILLRACE_MAX_BODY_BYTES: String(64 << 20),
    },
  });
  for (let tries = 0; tries < 240; tries += 1) {
    const ready = await fetch(`${base}/health/ready`).then((r) => r.ok, () => false);
    if (ready) return child;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error('the server does not start');
}

/** The page of the other editor. */
async function serveOther(field: Graph): Promise<{ server: Server; url: string }> {
  const read = (name: string) => readFileSync(join(import.meta.dirname, name));
  const page = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/xyflow.css">
<style>html,body,#root{height:100%;margin:0;font:13px sans-serif}.card{width:256px;background:#fff;border:1px solid #ccd;border-radius:10px;
box-shadow:0 1px 2px rgba(0,0,0,.07)}.head{display:flex;gap:10px;align-items:center;height:44px;padding:0 12px}.tile{width:24px;height:24px;border-radius:6px;background:#def}
.body{height:41px;padding:6px 12px 0;border-top:1px solid #eef;font:11.5px/18px monospace;overflow:hidden}.row{height:22px;padding-right:14px;font-size:11px;text-align:right}</style>
<div id="root"></div><script src="/xyflow.js"></script>`;
  const parts: Record<string, [string, Buffer | string]> = {
    '/': ['text/html', page],
    '/xyflow.js': ['text/javascript', read('xyflow.js')],
    '/xyflow.css': ['text/css', read('xyflow.css')],
    '/graph.json': ['application/json', JSON.stringify(field)],
  };
  const server = createServer((request, reply) => {
    const [type, body] = parts[new URL(request.url ?? '/', base).pathname] ?? ['text/plain', ''];
    reply.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/` };
}

/** Signs up and puts the graph into a workflow; gives its path. */
async function seed(page: Page, field: Graph): Promise<string> {
  const who = { username: `bench${Date.now().toString(36)}`, email: `b${Date.now()}@example.org`, password: 'a mill by the water' };
  await page.goto(`${base}/register`);
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === 'true');
  await page.getByLabel('User name').fill(who.username);
  await page.getByLabel('E-mail').fill(who.email);
  await page.locator('input[name="password"]').fill(who.password);
  await page.getByTestId('register-form').getByRole('button', { name: /create account|register/i }).click();
  await page.waitForURL((url) => url.pathname === '/');
  const made = await page.request.post(`${base}/api/workflows`, { data: { name: `Field of ${field.nodes.length}` } });
  const { id, revision } = (await made.json()) as { id: string; revision: number };
  const saved = await page.request.put(`${base}/api/workflows/${id}/graph`, { data: { revision, ...field }, timeout: 120_000 });
  if (!saved.ok()) throw new Error(`the graph was not taken: ${await saved.text()}`);
  return `/workflows/${id}`;
}

type Row = Record<string, number>;

function take(row: Row, name: string, seen: Frames) {
  row[`${name}: p95 frame ms`] = seen.p95;
  row[`${name}: frames/s`] = seen.perSecond;
  row[`${name}: long tasks`] = seen.longTasks;
  row[`${name}: longest task ms`] = seen.longest;
}

async function measure(page: Page, subject: Subject): Promise<Row> {
  const row: Row = {};
  await watchOpening(page, subject.card);
  await page.goto(await subject.url());
  Object.assign(row, await openOf(page));
  await page.waitForTimeout(1500);
  row['cards in the DOM, all in view'] = await page.locator(subject.card).count();
  const at = await middle(page, subject.pane);
  const pan = async () => {
    await page.mouse.move(at.x, at.y);
    await page.mouse.down({ button: 'middle' });
    for (let i = 1; i <= 120; i += 1) {
      await page.mouse.move(at.x + 260 * Math.sin(i / 12), at.y + 160 * Math.sin(i / 9));
    }
    await page.mouse.up({ button: 'middle' });
  };
  const wheel = async (by: number, times: number) => {
    await page.keyboard.down('Control');
    for (let i = 0; i < times; i += 1) await page.mouse.wheel(0, by);
    await page.keyboard.up('Control');
  };
  const drag = async () => {
    const box = await page.evaluate((card) => {
      const middle = { x: innerWidth / 2, y: innerHeight / 2 };
      const all = [...document.querySelectorAll(card)].map((c) => c.getBoundingClientRect());
      const far = (r: DOMRect) => Math.hypot(r.x + r.width / 2 - middle.x, r.y + r.height / 2 - middle.y);
      const r = all.sort((a, b) => far(a) - far(b))[0];
      return { x: r.x + r.width * 0.4, y: r.y + Math.min(r.height * 0.2, 22) };
    }, subject.card);
    await page.mouse.move(box.x, box.y);
    await page.mouse.down();
    for (let i = 1; i <= 120; i += 1) {
      await page.mouse.move(box.x + 220 * Math.sin(i / 12), box.y + 140 * Math.sin(i / 9));
    }
    await page.mouse.up();
  };
  take(row, 'pan, all in view', await frames(page, pan));
  take(row, 'drag a card, all in view', await frames(page, drag));
  await page.keyboard.press('Escape');
  await page.mouse.move(at.x, at.y);
  take(row, 'zoom in and out', await frames(page, async () => {
    await wheel(-60, 30);
    await wheel(60, 30);
  }));
  await wheel(-100, 6);
  await page.waitForTimeout(400);
  row['cards in the DOM, zoomed in'] = await page.locator(subject.card).count();
  take(row, 'pan, zoomed in', await frames(page, pan));
  take(row, 'drag a card, zoomed in', await frames(page, drag));
  if (subject.name === 'Millrace') {
    Object.assign(row, await changeOf(page, subject.card));
    Object.assign(row, await eventsOf(page));
  }
  return row;
}

/** The best of all rounds: whatever else the machine does only ever makes a figure worse. */
function best(rows: Row[]): Row {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const pick = (key: string) => rows.map((row) => row[key]).filter((v) => v !== undefined);
  return Object.fromEntries(keys.map((k) => [k, k.endsWith('frames/s') ? Math.max(...pick(k)) : Math.min(...pick(k))]));
}

const field = graph(nodes);
const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
let browser: Browser | undefined;
const server = await serve(data);
const other = await serveOther(field);
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const first = await context.newPage();
  const path = await seed(first, field);
  await first.close();
  const subjects: Subject[] = [
    { name: 'Millrace', card: '[data-testid="node-card"]', pane: '[data-testid="canvas"]', url: async () => base + path },
    { name: 'xyflow', card: '.react-flow__node', pane: '.react-flow__pane', url: async () => other.url },
    { name: 'xyflow, visible only', card: '.react-flow__node', pane: '.react-flow__pane', url: async () => `${other.url}?visible` },
  ];
  const table: Record<string, Row> = {};
  for (const subject of subjects.filter((s) => s.name.includes(only))) {
    const rows: Row[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const page = await context.newPage();
      rows.push(await measure(page, subject));
      console.error(subject.name, 'round', round + 1, JSON.stringify(rows[round]));
      await page.close();
    }
    table[subject.name] = best(rows);
  }
  const names = Object.keys(table);
  const keys = [...new Set(names.flatMap((n) => Object.keys(table[n])))];
  console.log(`${field.nodes.length} nodes, ${field.edges.length} edges, best of ${rounds} rounds\n`);
  console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '---:|').join('')}`);
  const cell = (v: number | undefined) => (v === undefined ? '' : String(Math.round(v * 100) / 100));
  for (const key of keys) console.log(`| ${key} | ${names.map((n) => cell(table[n][key])).join(' | ')} |`);
} finally {
  await browser?.close();
  other.server.close();
  server.kill();
  rmSync(data, { recursive: true, force: true });
}
