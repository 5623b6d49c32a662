// Puts the many small files of the split program together into few: `cargo leptos build --split` makes a file of every
// set of parts that share something, and a page then asks for dozens. What is loaded does not change, only in how many
// requests: a pack holds several of those files one after the other, and the loader cuts them out again. Two files come
// into one pack where the request that this saves is worth more than the bytes that some page loads without need.
//
// node scripts/pack.mjs target/site/pkg
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Compressed bytes that a page may load without need for each request that it saves. */
const WORTH = 3000;
/** Parts whose first load has a budget: nothing without need, and few requests. */
const BUDGETED = /^(dashboard|workflow)_page_/;
const STRICT = { worth: 40_000, waste: 10 };

const folder = process.argv[2];
if (!folder) throw new Error('say where the files are: node scripts/pack.mjs FOLDER');
const manifestPath = join(folder, '__wasm_split_manifest.json');
const loaderName = readdirSync(folder).find((name) => /^__wasm_split.*\.js$/.test(name));
if (!loaderName) throw new Error(`${folder} has no loader of a split program; build with --split first`);

/** @type {Record<string, string[]>} The files that each part needs. */
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const parts = Object.keys(manifest);
const files = [...new Set(Object.values(manifest).flat())];
if (files.some((file) => file.startsWith('pack_'))) process.exit(0);
// What an earlier build has left.
for (const name of readdirSync(folder)) {
  if (/^(chunk|split|pack)_/.test(name) && !files.includes(name.split('.')[0])) rmSync(join(folder, name));
}

let packs = files.map((file) => ({
  files: [file],
  size: statSync(join(folder, `${file}.wasm.br`)).size,
  users: new Set(parts.filter((part) => manifest[part].includes(file))),
}));

/** What it brings to have two packs in one, in bytes that are worth as much. */
function gain(a, b) {
  let sum = 0;
  for (const part of new Set([...a.users, ...b.users])) {
    const { worth, waste } = BUDGETED.test(part) ? STRICT : { worth: WORTH, waste: 1 };
    if (!a.users.has(part)) sum -= a.size * waste;
    else if (!b.users.has(part)) sum -= b.size * waste;
    else sum += worth;
  }
  return sum;
}

for (;;) {
  let best = { gain: 0 };
  for (let i = 0; i < packs.length; i += 1) {
    for (let j = i + 1; j < packs.length; j += 1) {
      const found = gain(packs[i], packs[j]);
      if (found > best.gain) best = { gain: found, a: packs[i], b: packs[j] };
    }
  }
  const { a, b } = best;
  if (!a) break;
  packs = packs.filter((pack) => pack !== a && pack !== b);
  packs.push({ files: [...a.files, ...b.files], size: a.size + b.size, users: new Set([...a.users, ...b.users]) });
}

function write(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** Where each file lies now. */
const places = new Map();
packs = packs.filter((pack) => pack.files.length > 1);
packs.forEach((pack, index) => {
  pack.name = `pack_${index}`;
  const contents = pack.files.map((file) => readFileSync(join(folder, `${file}.wasm`)));
  let at = 0;
  pack.files.forEach((file, i) => {
    places.set(file, { pack: pack.name, from: at, to: at + contents[i].length });
    at += contents[i].length;
    for (const end of ['', '.br', '.gz']) rmSync(join(folder, `${file}.wasm${end}`), { force: true });
  });
  write(`${pack.name}.wasm`, Buffer.concat(contents));
});

const cut = `const packs = {};
function piece(name, from, to) {
    packs[name] ??= fetch(new URL("./" + name + ".wasm", import.meta.url)).then((reply) => {
        if (!reply.ok) throw new Error(name + ": " + reply.status);
        return reply.arrayBuffer();
    });
    // What failed is asked for again next time.
    const pack = packs[name];
    pack.catch(() => { if (packs[name] === pack) delete packs[name]; });
    return pack.then((bytes) => new Response(bytes.slice(from, to), { headers: { "content-type": "application/wasm" } }));
}
`;
let loader = readFileSync(join(folder, loaderName), 'utf8');
for (const [file, { pack, from, to }] of places) {
  const asked = `fetch(new URL("./${file}.wasm", import.meta.url))`;
  if (!loader.includes(asked)) throw new Error(`the loader does not ask for ${file} as expected; was the splitter changed?`);
  loader = loader.replace(asked, `piece("${pack}", ${from}, ${to})`);
}
// The comments say which parts share a file; nobody reads them in a browser.
const imports = loader.indexOf('\n', loader.indexOf('import ')) + 1;
loader = (loader.slice(0, imports) + cut + loader.slice(imports)).replace(/^\/\*.*\*\/\n/gm, '');
write(loaderName, Buffer.from(loader));

for (const part of parts) {
  manifest[part] = [...new Set(manifest[part].map((file) => places.get(file)?.pack ?? file))];
}
write('__wasm_split_manifest.json', Buffer.from(JSON.stringify(manifest, null, 2)));

for (const part of parts) console.log(`${manifest[part].length} files for ${part.replace(/_\d+$/, '')}`);
