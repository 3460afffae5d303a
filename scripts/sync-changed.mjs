// sync-changed FROM TO: makes TO equal to FROM, touching only files that differ, so that time stamps tell what really changed
import { readFileSync, writeFileSync, mkdirSync, rmSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
const [from, to] = process.argv.slice(2);
const files = (dir) => existsSync(dir) ? readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath ?? f.path, f.name).slice(dir.length + 1)) : [];
mkdirSync(to, { recursive: true });
const wanted = new Set(files(from));
for (const f of files(to)) if (!wanted.has(f)) rmSync(join(to, f));
for (const f of wanted) {
  const content = readFileSync(join(from, f));
  if (existsSync(join(to, f)) && readFileSync(join(to, f)).equals(content)) continue;
  mkdirSync(dirname(join(to, f)), { recursive: true });
  writeFileSync(join(to, f), content);
}
