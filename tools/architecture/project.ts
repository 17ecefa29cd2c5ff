/** The source tree as the rules see it: packages, files, and what each file imports and names. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { type Facts, factsOf, type ImportFact } from './facts.ts';

export type PackageKind = 'library' | 'service' | 'application';

/** The nine services (folders of `apps/`); every other folder there is an application around them. */
export const SERVICES: readonly string[] = [
  'gateway',
  'credentials',
  'locations',
  'tariffs',
  'tokens',
  'commands',
  'sessions',
  'cdrs',
  'payments',
];

export interface Package {
  /** `@voltap/sessions` */
  readonly name: string;
  /** `sessions` */
  readonly short: string;
  /** `apps/sessions` */
  readonly folder: string;
  readonly kind: PackageKind;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export interface Import extends ImportFact {
  /** Path of the file inside this tree that is meant, or undefined for what comes from npm or Node.js. */
  readonly target: string | undefined;
  /** Name of the npm package or workspace; undefined for relative and `node:` imports. */
  readonly packageName: string | undefined;
}

export interface SourceFile extends Omit<Facts, 'imports'> {
  /** From the root, with `/`: `apps/sessions/src/domain/running-cost.ts`. */
  readonly path: string;
  readonly package: Package;
  /** First folder below src (`domain`), or '' for files at its top and outside src. */
  readonly room: string;
  /** Runs only in tests: specs, contract suites, test folders, the testing and testkit rooms, all of e2e. */
  readonly isTest: boolean;
  readonly imports: readonly Import[];
  readonly lines: number;
}

export interface Project {
  readonly root: string;
  readonly packages: readonly Package[];
  readonly files: readonly SourceFile[];
  /** Every file and folder below the packages, `apps/x/src/a.ts`, also those that are no source. */
  readonly paths: readonly string[];
  readonly rootDevDependencies: Readonly<Record<string, string>>;
}

const TEST_FILE = /\.(spec|int-spec|e2e-spec|shared-spec|stack-spec|contract)\.ts$/;
const TEST_ROOM = /^(libs\/platform\/src\/testing|libs\/ocpi\/src\/testkit|apps\/e2e|(apps|libs)\/[^/]+\/test)\//;
const NOT_OURS = new Set(['node_modules', 'dist', '.nx', 'coverage', '.voltap']);

export function isTestPath(path: string): boolean {
  return TEST_FILE.test(path) || TEST_ROOM.test(path);
}

export function readProject(root: string): Project {
  const packages = ['libs', 'apps'].flatMap((group) => packagesIn(root, group));
  const paths = packages.flatMap((one) => walk(root, one.folder));
  const files = packages.flatMap((one) =>
    paths
      .filter((path) => path.startsWith(`${one.folder}/`) && path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .map((path) => readSource(root, one, path, packages, new Set(paths))),
  );
  return { root, packages, files, paths, rootDevDependencies: manifest(root).devDependencies ?? {} };
}

interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  const path = join(folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : {};
}

function packagesIn(root: string, group: string): Package[] {
  if (!existsSync(join(root, group))) return [];
  return readdirSync(join(root, group))
    .filter((short) => existsSync(join(root, group, short, 'package.json')))
    .map((short) => {
      const { name, exports, dependencies, devDependencies } = manifest(join(root, group, short));
      const kind = group === 'libs' ? 'library' : SERVICES.includes(short) ? 'service' : 'application';
      const entries = Object.entries(exports ?? {}).map(([key, value]): [string, string] => [
        key,
        typeof value === 'string' ? value : (value['voltap-source'] ?? ''),
      ]);
      return {
        name: name ?? `@voltap/${short}`,
        short,
        folder: `${group}/${short}`,
        kind,
        exports: Object.fromEntries(entries),
        dependencies: dependencies ?? {},
        devDependencies: devDependencies ?? {},
      };
    });
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? [path, ...walk(root, path)] : [path];
    });
}

function readSource(
  root: string,
  owner: Package,
  path: string,
  packages: readonly Package[],
  paths: ReadonlySet<string>,
): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const facts = factsOf(text, path);
  const below = path.slice(owner.folder.length + 1).split('/');
  return {
    ...facts,
    path,
    package: owner,
    room: below[0] === 'src' && below.length > 2 ? (below[1] ?? '') : '',
    isTest: isTestPath(path),
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: facts.imports.map((one) => ({
      ...one,
      target: targetOf(path, one.specifier, packages, paths),
      packageName: packageNameOf(one.specifier),
    })),
  };
}

function packageNameOf(specifier: string): string | undefined {
  if (/^(\.|node:|#|\/)/.test(specifier)) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function targetOf(
  importer: string,
  specifier: string,
  packages: readonly Package[],
  paths: ReadonlySet<string>,
): string | undefined {
  if (specifier.startsWith('.')) {
    const path = posix.join(dirname(importer), specifier);
    const source = path.replace(/\.js$/, '.ts');
    return paths.has(source) ? source : path;
  }
  const owner = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (owner === undefined) return undefined;
  const entry = `.${specifier.slice(owner.name.length)}`;
  const direct = owner.exports[entry];
  const pattern = owner.exports['./*'];
  const found = direct ?? (entry === '.' ? undefined : pattern?.replace('*', entry.slice(2)));
  return posix.join(owner.folder, found ?? entry);
}

export function isFile(project: Project, path: string): boolean {
  return statSync(join(project.root, path)).isFile();
}
