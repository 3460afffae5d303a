// docs/contracts.md against the compiled contracts (contracts/out): what a table of functions, events or errors names exists in the
// ABI of the section's contract; what a contract declares is named. And every test that docs/ name exists.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path) => readFileSync(join(root, ...path), 'utf8');
const filesOf = (...path) => readdirSync(join(root, ...path), { recursive: true }).filter((f) => f.endsWith('.sol')).map((f) => join(...path, f));
const sources = new Map(filesOf('contracts', 'src').map((f) => [basename(f, '.sol'), read(f)]));
const faults = [];

// What one contract's ABI has; without a contract, what any has.
const abiOf = (name) => {
  const built = join(root, 'contracts', 'out', `${name}.sol`, `${name}.json`);
  return existsSync(built) ? JSON.parse(readFileSync(built, 'utf8')).abi : [];
};
const all = [...sources.keys()].flatMap(abiOf);

for (const section of read('docs', 'contracts.md').split(/^## /m).slice(1)) {
  const title = section.split('\n')[0];
  const source = sources.get(title);
  const abi = source ? abiOf(title) : all;
  if (source && abi.length === 0) faults.push(`${title}: not compiled`);
  const named = new Map([['function', new Set()], ['event', new Set()], ['error', new Set()]]);
  let kind;
  for (const line of section.split('\n')) {
    const cell = line.match(/^\| *([^|]*?) *\|/)?.[1];
    if (cell === undefined) kind = undefined;
    else if (!kind && named.has(cell)) kind = cell;
    else if (kind) for (const [, name] of cell.matchAll(/`(\w+)`/g)) named.get(kind).add(name);
  }
  for (const [kind, names] of named) {
    for (const name of names) if (!abi.some((e) => e.type === kind && e.name === name)) faults.push(`${title}: no ${kind} ${name}`);
    for (const [, name] of (source ?? '').matchAll(new RegExp(`^\\s*${kind}\\s+(\\w+)`, 'gm')))
      if (abi.some((e) => e.type === kind && e.name === name) && !names.has(name) && title !== 'IRule') faults.push(`${title}: ${kind} ${name} is not on the page`);
  }
}

const tests = new Set(filesOf('contracts', 'test').flatMap((f) => [...read(f).matchAll(/function (\w+)/g)].map((m) => m[1])));
for (const page of readdirSync(join(root, 'docs')).filter((f) => f.endsWith('.md')))
  for (const [, name] of read('docs', page).matchAll(/`((?:test|testFuzz|invariant)_\w+)`/g)) if (!tests.has(name)) faults.push(`${page}: no test ${name}`);

for (const fault of faults) console.error(`docs: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
