// Turns the TypeScript of the bench into one module and runs it: `npm run bench` here, see README.md.
import { build } from 'esbuild';
import { mkdirSync } from 'node:fs';

const here = (name) => new URL(name, import.meta.url).pathname;
mkdirSync(here('out'), { recursive: true });
await build({
  entryPoints: [here('xyflow.tsx')], outfile: here('out/xyflow.js'), bundle: true, minify: true, format: 'iife',
  jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' }, loader: { '.css': 'css' },
});
await build({
  entryPoints: [here('bench.ts')], outfile: here('out/bench.mjs'), bundle: true, platform: 'node', format: 'esm',
  packages: 'external',
});
await import('./out/bench.mjs');
