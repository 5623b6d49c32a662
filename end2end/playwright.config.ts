import { defineConfig } from '@playwright/test';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// A real server with an empty database of its own, a real Chromium. MILLRACE_BIN is the program to test.
const root = resolve(__dirname, '..');
const port = Number(process.env.MILLRACE_E2E_PORT ?? 3117);
const data = process.env.MILLRACE_E2E_DATA ?? (process.env.MILLRACE_E2E_DATA = mkdtempSync(join(tmpdir(), 'millrace-e2e-')));

const launchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-quic', '--no-first-run',
  ],
};

export default defineConfig({
  testDir: '.',
  outputDir: './test-results',
  // One set of pictures, whatever the machine.
  snapshotPathTemplate: '{testDir}/looks/{arg}{ext}',
  fullyParallel: false,
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { baseURL: `http://127.0.0.1:${port}`, launchOptions, trace: 'retain-on-failure', viewport: { width: 1440, height: 900 } },
  webServer: {
    command: `${process.env.MILLRACE_BIN ?? resolve(root, 'target/debug/millrace')} serve`,
    cwd: root,
    url: `http://127.0.0.1:${port}/health/ready`,
    timeout: 60_000,
    stdout: 'ignore',
    stderr: 'pipe',
    env: {
      ...process.env,
      MILLRACE_LISTEN: `127.0.0.1:${port}`,
      MILLRACE_DATA_DIR: data,
      MILLRACE_MODELS_DIR: process.env.MILLRACE_MODELS_DIR ?? resolve(root, 'data/models'),
      MILLRACE_RATE_LIMITS: 'off',
      MILLRACE_LOG: 'warn',
      // One answer at a time, so that a test can see another one wait.
      MILLRACE_MODEL_PARALLEL: '1',
      // Steps of the tests call a server of the tests.
      MILLRACE_OUTBOUND_ALLOW: '127.0.0.1/32',
    } as Record<string, string>,
  },
});
