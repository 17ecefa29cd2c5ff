/** Versions, registry and licences of what is installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
/** Licences that ask for no more than a notice. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** Licences that have no name on any list, read by us: the Bitstream Vera licence asks for its notice. */
const READ: Readonly<Record<string, string>> = { 'dejavu-fonts-ttf': 'SEE LICENSE IN README.md AND LICENSE' };

interface Manifest {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly license?: string;
  readonly integrity?: string;
}

export function packageFaults(root: string): string[] {
  const folders = ['.', 'tools', ...['libs', 'apps'].flatMap((group) => childrenOf(root, group))];
  return [...folders.flatMap((folder) => manifestFaults(root, folder)), ...lockFaults(root)];
}

function childrenOf(root: string, group: string): string[] {
  return readdirSync(join(root, group)).map((name) => `${group}/${name}`);
}

function manifestFaults(root: string, folder: string): string[] {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${path}: ${name} has the version "${version}"; give one exact version`);
  return manifest.license === 'Apache-2.0' ? loose : [...loose, `${path}: the licence must be Apache-2.0`];
}

function lockFaults(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .flatMap(([path, { resolved, integrity, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const faults: string[] = [];
      if (resolved !== undefined)
        faults.push(`package-lock.json: ${name} names a registry host; .npmrc omits those, repeat \`npm install\``);
      if (integrity === undefined) faults.push(`package-lock.json: ${name} has no integrity hash`);
      if (license !== undefined && !isPermissive(license) && READ[name] !== license)
        faults.push(`${name} has the licence ${license}, which is not on our list`);
      return faults;
    });
}

/** `(MIT OR GPL-3.0)` is permissive, `MIT AND GPL-3.0` is not. */
function isPermissive(expression: string): boolean {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => PERMISSIVE.has(one.trim())));
}
