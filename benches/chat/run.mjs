// What somebody sees on the chat page against what the model does by itself, and what a model that generates costs
// everybody else: tokens a second of `millrace models test`, of the stream and of the page in a browser; and the latency
// of `GET /api/workflows/{id}` while nothing happens and while the model writes, turn by turn.
//
// node benches/chat/run.mjs PROGRAM [MODEL]      from the folder whose site PROGRAM serves; about a minute
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(new URL('../../package.json', import.meta.url));
const { chromium } = require('@playwright/test');

const [program, model = 'smollm2-135m'] = process.argv.slice(2);
if (!program) throw new Error('say which program: node benches/chat/run.mjs target/release/millrace');
const QUESTION = 'Why is the sky blue? Answer in one sentence.';
/** As many as `models test` asks for. */
const TOKENS = 64;
const ROUNDS = 5;
const TURNS = 4;
const REQUESTS = 250;
/** Milliseconds between two requests, as of pages that somebody uses. */
const PAUSE = 5;

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const at = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const median = (numbers) => at(numbers, 0.5);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function tested() {
  const speeds = [];
  for (let i = 0; i < 3; i += 1) {
    const told = execFileSync('sh', ['-c', '"$0" models test "$1" --prompt "$2" 2>&1', program, model, QUESTION]).toString();
    if (i === 0) console.log(told.trim().split('\n').map((line) => `  ${line}`).join('\n'));
    speeds.push(Number(/answer\s+([\d.]+) tokens\/s/.exec(told)[1]));
  }
  return median(speeds);
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

console.log(`millrace models test ${model}`);
const alone = tested();

const data = mkdtempSync(join(tmpdir(), 'millrace-bench-chat-'));
const base = `http://127.0.0.1:${await freePort()}`;
const server = spawn(program, ['serve'], {
  env: { ...process.env, MILLRACE_LISTEN: base.slice(7), MILLRACE_DATA_DIR: data, MILLRACE_RATE_LIMITS: 'off', MILLRACE_LOG: 'warn' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
let browser;
try {
  for (let i = 0; !(await fetch(`${base}/health/ready`).then((reply) => reply.ok, () => false)); i += 1) {
    if (i > 300) throw new Error('the server does not come up');
    await sleep(100);
  }
  const name = `chat${Date.now().toString(36)}`;
  const password = 'a mill by the water';
  const json = { 'content-type': 'application/json' };
  const post = async (path, body, headers = {}) => {
    const reply = await fetch(`${base}${path}`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  };
  const { access_token } = await (await post('/api/auth/register', { username: name, email: `${name}@example.org`, password })).json();
  const headers = { authorization: `Bearer ${access_token}` };

  const ask = (more, signal) =>
    fetch(`${base}/api/chat`, {
      method: 'POST', headers: { ...json, ...headers }, signal,
      body: JSON.stringify({ model, messages: [{ role: 'user', content: QUESTION }], temperature: 0, max_tokens: TOKENS, ...more }),
    });
  /** Tokens a second between the first piece of text and the last. */
  async function streamed() {
    const reply = await ask({});
    let [rest, first, last, tokens] = ['', 0, 0, 0];
    for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + piece).split('\n\n');
      rest = events.pop();
      for (const event of events.filter((e) => e.startsWith('data:')).map((e) => JSON.parse(e.slice(5)))) {
        if (event.text !== undefined) last = performance.now();
        if (event.text !== undefined && !first) first = last;
        if (event.done) tokens = event.done.usage.completion_tokens;
      }
    }
    return ((tokens - 1) * 1000) / (last - first);
  }
  // Into memory.
  await streamed();
  const streams = [];
  for (let i = 0; i < ROUNDS; i += 1) streams.push(await streamed());

  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ baseURL: base });
  await page.goto('/sign-in?next=/chat');
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === 'true');
  await page.locator('input:visible').first().fill(name);
  await page.locator('input[type="password"]').fill(password);
  await page.locator('form button[type="submit"]').click();
  await page.waitForURL((url) => url.pathname === '/chat');
  await page.getByTestId('chat-tune').click();
  await page.locator('#chat-temperature').fill('0');
  await page.getByLabel('Longest answer').fill(String(TOKENS));
  await page.getByTestId('chat-draft').fill(QUESTION);
  await page.getByTestId('chat-draft').press('Enter');
  const pages = [];
  const firsts = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const told = await page.getByTestId('chat-speed').innerText();
    pages.push(Number(/([\d.]+) tokens\/s/.exec(told)[1]));
    firsts.push(Number(/first after ([\d.]+) s/.exec(told)[1]));
    await page.getByRole('button', { name: 'Answer again' }).click();
    await page.getByTestId('chat-stop').waitFor();
  }
  await page.getByTestId('chat-send').waitFor();
  await browser.close();
  browser = undefined;
  const part = (speed) => `${speed.toFixed(1).padStart(6)} tokens/s  ${((100 * speed) / alone).toFixed(0).padStart(4)} %`;
  console.log(`\nmodels test    ${part(alone)}\nthe stream     ${part(median(streams))}\nthe chat page  ${part(median(pages))}, first after ${median(firsts).toFixed(1)} s\n`);

  const workflow = await (await post('/api/workflows', { name: 'Latency' }, headers)).json();
  const nodes = Array.from({ length: 20 }, (_, i) => ({
    id: randomUUID(), name: `step ${i + 1}`, node_type: 'transform', config: { expression: 'input' }, position_x: 320 * i, position_y: 0,
  }));
  const edges = nodes.slice(1).map((node, i) => ({ id: randomUUID(), source_node_id: nodes[i].id, target_node_id: node.id }));
  const saved = await fetch(`${base}/api/workflows/${workflow.id}/graph`, {
    method: 'PUT', headers: { ...json, ...headers }, body: JSON.stringify({ revision: workflow.revision, nodes, edges }),
  });
  if (!saved.ok) throw new Error(`no graph: ${await saved.text()}`);
  async function latencies(into) {
    for (let i = 0; i < REQUESTS; i += 1) {
      const begun = performance.now();
      const reply = await fetch(`${base}/api/workflows/${workflow.id}`, { headers });
      await reply.arrayBuffer();
      into.push(performance.now() - begun);
      await sleep(PAUSE);
    }
  }
  const isBusy = async () => {
    const { items } = await (await fetch(`${base}/api/models`, { headers })).json();
    return items.some((item) => item.name === model && item.state === 'busy');
  };
  await latencies([]);
  const idle = [];
  const busy = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await latencies(idle);
    const stop = new AbortController();
    // One answer after the other, each hot enough to be long.
    const writing = (async () => {
      for (let seed = 1000 * turn; !stop.signal.aborted; seed += 1) {
        const answer = await ask({ max_tokens: 4000, temperature: 1.9, seed }, stop.signal);
        await answer.body.pipeTo(new WritableStream());
      }
    })().catch(() => {});
    while (!(await isBusy())) await sleep(10);
    await latencies(busy);
    stop.abort();
    await writing;
    while (await isBusy()) await sleep(10);
  }
  const line = (what, all) => `${what} p50 ${median(all).toFixed(2).padStart(6)} ms  p99 ${at(all, 0.99).toFixed(2).padStart(6)} ms`;
  console.log(`GET /api/workflows/{id}, ${idle.length} requests each`);
  console.log(line('idle       ', idle));
  console.log(line('generating ', busy));
  const times = (part) => `${(at(busy, part) / at(idle, part)).toFixed(2)}x`;
  console.log(`             p50 ${times(0.5)}  p99 ${times(0.99)}`);
} finally {
  await browser?.close();
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  rmSync(data, { recursive: true, force: true });
}
