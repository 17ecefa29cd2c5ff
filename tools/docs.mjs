// Writes the pages under docs that come from code: `npm run docs`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './checks/generated-pages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
for (const { path, text } of await generatedPages(root)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  process.stdout.write(`Written: ${path}\n`);
}
