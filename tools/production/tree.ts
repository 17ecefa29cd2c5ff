/** The files that production runs, and nothing else: what the image is made of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type LockedPackages, productionClosure } from './closure.ts';

/**
 * Three folders, from what changes least to what changes most, a layer of the image each; laid over each other they are
 * the root of one:
 *
 *     node/usr/local/bin/node                    the Node.js that package-lock.json names
 *     packages/app/node_modules/                 packages of others
 *     voltap/app/voltap/start.mjs, node_modules/ our own
 */
export const LAYERS = ['node', 'packages', 'voltap'] as const;

/** The command line of operators goes along, for whoever looks after a cluster from inside it. */
const CLI = 'apps/cli';
/** Declarations, maps and documents of packages; licences stay. */
const NOT_RUN = /\.(d\.[cm]?ts|[cm]?ts|map|md|markdown)$/i;
const LICENCE = /licen[cs]e|notice|copying/i;
/** Nothing in them is loaded by Node.js. */
const FOLDERS_NOT_RUN = [
  'node_modules/typeorm/browser',
  'node_modules/pdfkit/.yarn',
  'node_modules/rxjs/dist/bundles',
  'node_modules/rxjs/dist/types',
];
/** Of our own packages; what no service imports. */
const ONLY_FOR_TESTS = ['libs/platform/dist/testing', 'libs/ocpi/dist/testkit'];

/** Makes the tree in `target`, which is emptied first. Needs what `npm run build` makes. */
export async function makeProductionTree(root: string, target: string): Promise<void> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: LockedPackages;
  };
  const closure = productionClosure(packages, [...servicesOf(root), CLI]);
  await rm(target, { recursive: true, force: true });
  const bin = join(target, 'node/usr/local/bin');
  const own = join(target, 'voltap/app/voltap');
  await mkdir(bin, { recursive: true });
  await mkdir(own, { recursive: true });
  await cp(join(root, 'node_modules/node/bin/node'), join(bin, 'node'));
  await cp(join(root, 'docker/start.mjs'), join(own, 'start.mjs'));
  await cp(join(root, 'LICENSE'), join(own, 'LICENSE'));
  for (const folder of closure) {
    if (folder.startsWith('node_modules/')) await copyPackage(root, folder, join(target, 'packages/app', folder));
    else if (folder.includes('/node_modules/')) await copyNested(root, folder, own);
    else await copyWorkspace(root, folder, ownFolder(own, root, folder));
  }
}

/** Folders of the nine services: those that have a process of their own. */
export function servicesOf(root: string): string[] {
  return readdirSync(join(root, 'apps'))
    .filter((name) => existsSync(join(root, 'apps', name, 'src/service.ts')))
    .map((name) => `apps/${name}`);
}

/** A package that is installed inside a workspace, since the workspace wants another version than the rest. */
function copyNested(root: string, folder: string, own: string): Promise<void> {
  const [workspace = '', inside = ''] = splitAt(folder, '/node_modules/');
  return copyPackage(root, folder, join(ownFolder(own, root, workspace), 'node_modules', inside));
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function ownFolder(own: string, root: string, workspace: string): string {
  const { name } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as { name: string };
  return join(own, 'node_modules', name);
}

async function copyPackage(root: string, folder: string, target: string): Promise<void> {
  const source = join(root, folder);
  const isWanted = (path: string): boolean => {
    const inside = relative(root, path).split(sep).join('/');
    // Packages inside this one come by themselves.
    if (path !== source && basename(path) === 'node_modules') return false;
    if (FOLDERS_NOT_RUN.includes(inside)) return false;
    return !NOT_RUN.test(path) || LICENCE.test(basename(path));
  };
  await cp(source, target, { recursive: true, dereference: true, filter: isWanted });
}

async function copyWorkspace(root: string, folder: string, target: string): Promise<void> {
  const dist = join(root, folder, 'dist');
  if (!existsSync(dist)) throw new Error(`${folder} is not built; run \`npm run build\``);
  await mkdir(target, { recursive: true });
  await cp(join(root, folder, 'package.json'), join(target, 'package.json'));
  const isWanted = (path: string): boolean =>
    basename(path) !== '.build.json' && !ONLY_FOR_TESTS.includes(relative(root, path).split(sep).join('/'));
  await cp(dist, join(target, 'dist'), { recursive: true, filter: isWanted });
}
