// Writes the pages under docs that come from code: `npm run docs`.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CATALOGUE } from '../libs/kernel/dist/errors/index.js';
import { errorPage } from './checks/error-page.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
writeFileSync(join(root, 'docs', 'errors.md'), errorPage(ERROR_CATALOGUE));
process.stdout.write('Written: docs/errors.md\n');
