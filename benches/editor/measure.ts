// The stop-watches of the bench; each runs in the page and says in milliseconds what a person would feel.
import type { Page } from 'playwright-core';

export interface Frames {
  p95: number;
  perSecond: number;
  longTasks: number;
  longest: number;
}

declare global {
  interface Window {
    bench: { shown?: number; frames: number[]; tasks: number[]; on: boolean; events: number[]; touched: number[] };
  }
}

/** Before the page loads: notes when the first frame with cards was drawn, long tasks, and what each run event costs. */
export async function watchOpening(page: Page, card: string) {
  await page.addInitScript((card) => {
    window.bench = { frames: [], tasks: [], on: false, events: [], touched: [] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.bench.tasks.push(entry.duration);
    }).observe({ type: 'longtask', buffered: true });
    const look = () => {
      const live = card.includes('react-flow') || document.documentElement?.dataset.hydrated === 'true';
      // Both editors show all of the graph first; before that it is not where it will be.
      const world = document.querySelector('.canvas__world, .react-flow__viewport');
      const fitted = world instanceof HTMLElement && /scale\((0|1\))/.test(world.style.transform);
      if (live && fitted && document.querySelector(card)) {
        requestAnimationFrame(() => {
          window.bench.shown = performance.now();
        });
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);

    // A run event costs what its listener takes, and what the page does before it is free again.
    const Source = window.EventSource;
    window.EventSource = class extends Source {
      addEventListener(kind: string, listener: EventListenerOrEventListenerObject) {
        super.addEventListener(kind, (event: Event) => {
          const begin = performance.now();
          (listener as EventListener).call(this, event);
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => window.bench.events.push(performance.now() - begin);
          port2.postMessage(0);
        });
      }
    } as typeof EventSource;
  }, card);
}

/** From the click on a link, and from the last byte of the page: the rest is the browser's work. */
export async function openOf(page: Page): Promise<Record<string, number>> {
  await page.waitForFunction(() => window.bench.shown !== undefined, undefined, { timeout: 60_000 });
  return page.evaluate(() => {
    const shown = window.bench.shown as number;
    const [load] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return {
      'open: canvas shown ms': shown,
      'open: after the page came ms': shown - load.responseEnd,
      'open: longest task ms': Math.max(0, ...window.bench.tasks),
    };
  });
}

export async function middle(page: Page, pane: string) {
  const box = await page.locator(pane).first().boundingBox();
  if (!box) throw new Error('there is no canvas');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The frames that are drawn while something is done. */
export async function frames(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    Object.assign(window.bench, { frames: [], tasks: [], on: true });
    let before = 0;
    const next = (now: number) => {
      if (before) window.bench.frames.push(now - before);
      before = now;
      if (window.bench.on) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await act();
  const { gaps, tasks } = await page.evaluate(async () => {
    window.bench.on = false;
    // Long tasks are told a moment later.
    await new Promise((done) => setTimeout(done, 300));
    return { gaps: window.bench.frames, tasks: window.bench.tasks };
  });
  const sorted = [...gaps].sort((a, b) => a - b);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return {
    p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    perSecond: total > 0 ? (1000 * gaps.length) / total : 0,
    longTasks: tasks.length,
    longest: Math.max(0, ...tasks),
  };
}

/** What one letter in a field costs: the key itself, and the check of the whole graph a moment later. */
export async function changeOf(page: Page, card: string): Promise<Record<string, number>> {
  await page.locator(card).first().dispatchEvent('focus');
  const field = page.getByTestId('config-panel').locator('textarea').first();
  await field.click();
  await page.waitForTimeout(600);
  const client = await page.context().newCDPSession(page);
  const typed: number[] = [];
  const checked: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const events: { name: string; dur?: number; args?: { data?: { type?: string } } }[] = [];
    client.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as typeof events)));
    await client.send('Tracing.start', { categories: 'devtools.timeline,v8', transferMode: 'ReportEvents' });
    await page.keyboard.type(' ');
    await page.waitForTimeout(420);
    const ended = new Promise((done) => client.once('Tracing.tracingComplete', done));
    await client.send('Tracing.end');
    await ended;
    client.removeAllListeners('Tracing.dataCollected');
    const longest = (name: string) => Math.max(0, ...events.filter((e) => e.name === name).map((e) => (e.dur ?? 0) / 1000));
    const input = events.filter((e) => e.name === 'EventDispatch' && e.args?.data?.type === 'input');
    typed.push(Math.max(0, ...input.map((e) => (e.dur ?? 0) / 1000)));
    checked.push(longest('TimerFire'));
  }
  return { 'edit: the key ms': Math.min(...typed), 'edit: the check after it ms': Math.min(...checked) };
}

/** Runs the graph and says what its events cost and how many cards each of them touches. */
export async function eventsOf(page: Page): Promise<Record<string, number>> {
  await page.waitForTimeout(1200);
  await page.evaluate(() => {
    window.bench.events = [];
    const count = (records: MutationRecord[]) => {
      const cards = new Set(records.map((r) => (r.target instanceof Element ? r.target : r.target.parentElement)?.closest('[data-node-id]')));
      cards.delete(null);
      cards.delete(undefined);
      if (cards.size) window.bench.touched.push(cards.size);
    };
    const canvas = document.querySelector('.canvas__world') as Element;
    new MutationObserver(count).observe(canvas, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('run-input').fill('"mill"');
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(() => window.bench.events.length > 1000, undefined, { timeout: 90_000 }).catch(() => undefined);
  const { events, touched } = await page.evaluate(() => window.bench);
  const sorted = [...events].sort((a, b) => a - b);
  return {
    'run event: median ms': sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    'run event: p95 ms': sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    'run event: cards touched at once (median)': [...touched].sort((a, b) => a - b)[Math.floor(touched.length / 2)] ?? 0,
  };
}
