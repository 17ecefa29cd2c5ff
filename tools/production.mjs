// `npm run build:production -- FOLDER`: the files that production runs, as docker/Dockerfile puts them into the image.
import { resolve } from 'node:path';
import { LAYERS, makeProductionTree } from './production/tree.ts';

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-') || rest.length > 0) {
  process.stderr.write('npm run build:production -- FOLDER    the folder is made, or emptied before\n');
  process.exitCode = 2;
} else {
  await makeProductionTree(resolve(import.meta.dirname, '..'), resolve(folder));
  process.stdout.write(`Written to ${folder}: ${LAYERS.join(', ')}\n`);
}
