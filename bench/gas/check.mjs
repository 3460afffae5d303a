#!/usr/bin/env node
// Holds a measurement against the committed one: fails when a bound does not hold, when one of ours got more than 1 % dearer, or when a row is gone.
//   ./mandate bench gas --json > target/gas.json && node bench/gas/check.mjs target/gas.json
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOLERATED = 1.01;

if (process.argv.length !== 3) {
  console.error('usage: node bench/gas/check.mjs MEASURED.json');
  process.exit(2);
}
const rows = (file) => new Map(JSON.parse(readFileSync(file, 'utf8')).rows.map((row) => [row.path, row]));
const committed = rows(join(dirname(fileURLToPath(import.meta.url)), 'result.json'));
const measured = rows(process.argv[2]);

const findings = [];
for (const { path, gas, bound, ok } of measured.values()) {
  if (!ok) findings.push(`${path}: ${gas} gas, its bound is ${bound}`);
  const before = committed.get(path);
  if (!before) findings.push(`${path}: ${gas} gas, and not in bench/gas/result.json`);
  else if (gas > before.gas * TOLERATED) findings.push(`${path}: ${gas} gas, ${before.gas} committed`);
  else if (bound !== before.bound) findings.push(`${path}: bound ${bound}, ${before.bound} committed`);
}
for (const path of committed.keys()) {
  if (!measured.has(path)) findings.push(`${path}: in bench/gas/result.json, and not measured any more`);
}
for (const finding of findings) console.error(finding);
if (findings.length > 0) {
  console.error('if that is wanted: ./mandate bench gas --json > bench/gas/result.json');
  process.exit(1);
}
console.log(`gas: ${measured.size} rows as committed, within 1 %`);
