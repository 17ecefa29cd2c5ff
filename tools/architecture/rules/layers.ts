/** Which package may know which: dependencies point one way, from services to the kernel. */
import type { Import, Package, Project, SourceFile } from '../project.ts';
import type { Rule, Violation } from '../rule.ts';

const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  platform: ['kernel'],
  ocpi: ['kernel'],
  contracts: ['kernel', 'ocpi'],
};
const SERVICE = ['contracts', 'ocpi', 'platform', 'kernel'];
const APPLICATIONS: Readonly<Record<string, readonly string[]>> = {
  local: [...SERVICE, 'simulator'],
  e2e: [...SERVICE, 'simulator', 'local'],
  cli: SERVICE,
};

function allowed(from: Package): readonly string[] {
  if (from.kind === 'service') return SERVICE;
  return (from.kind === 'library' ? LIBRARIES : APPLICATIONS)[from.short] ?? [];
}

interface Crossing {
  readonly file: SourceFile;
  readonly used: Import;
  readonly to: Package;
}

/** All imports from one workspace into another. */
function crossings(project: Project): Crossing[] {
  return project.files.flatMap((file) =>
    file.imports.flatMap((used) => {
      const to = project.packages.find(({ folder }) => used.target?.startsWith(`${folder}/`));
      return to === undefined || to === file.package ? [] : [{ file, used, to }];
    }),
  );
}

function at({ file, used }: Crossing, message: string): Violation {
  return { file: file.path, line: used.line, message };
}

export const oneWayDependencies: Rule = {
  name: 'one-way-dependencies',
  why: 'Dependencies point one way, service → contracts, ocpi, platform → kernel, so that a lower part can be understood and changed without the upper ones.',
  check: (project) =>
    crossings(project)
      .filter(({ file, to }) => to.kind !== 'service' && file.package.short !== 'simulator')
      .filter(({ file, to }) => !allowed(file.package).includes(to.short))
      .map((one) => {
        const permitted = allowed(one.file.package).map((name) => `@voltap/${name}`);
        const list = permitted.length === 0 ? 'no other workspace' : `only ${permitted.join(', ')}`;
        return at(
          one,
          `${one.file.package.folder} may know ${list}, not ${one.to.name}. Move what both need down, or hand it in through a port.`,
        );
      }),
};

export const servicesStayApart: Rule = {
  name: 'services-stay-apart',
  why: 'A service starts and serves while the others are down, so it knows them only by their events; only apps/local puts them together.',
  check: (project) =>
    crossings(project)
      .filter(({ to }) => to.kind === 'service')
      .filter(({ file, to, used }) => file.package.short !== 'local' || used.specifier !== to.name)
      .map((one) =>
        at(
          one,
          one.file.package.short === 'local'
            ? `Import ${one.to.name} by its name alone: its entry is service.ts, the rest is its own affair.`
            : `${one.file.package.folder} must not import ${one.to.folder}. Consume its events from @voltap/contracts and keep a projection of the facts you need.`,
        ),
      ),
};

export const simulatorIsAStranger: Rule = {
  name: 'simulator-is-a-stranger',
  why: 'The simulator proves the public interfaces; sharing our code with it would let one mistake hide on both sides.',
  check: (project) =>
    crossings(project)
      .filter(({ file, to }) => file.package.short === 'simulator' && to.short !== 'kernel')
      .map((one) =>
        at(one, `apps/simulator may know only @voltap/kernel, not ${one.to.name}. Speak OCPI or the back-office API.`),
      ),
};

export const packagesByName: Rule = {
  name: 'packages-by-name',
  why: 'What a package offers stands in its exports; whoever reaches past them breaks when it is rearranged.',
  check: (project) =>
    crossings(project)
      .filter(({ used, to }) => {
        if (used.specifier.startsWith('.')) return true;
        const entry = `.${used.specifier.slice(to.name.length)}`;
        return to.exports[entry] === undefined && !(to.exports['./*'] !== undefined && /^\.\/[^/]+$/.test(entry));
      })
      .filter(({ to }) => to.kind !== 'service')
      .map((one) => {
        const offered = Object.keys(one.to.exports).map((key) => one.to.name + key.slice(1));
        return at(
          one,
          `Import ${one.to.name} through its exports (${offered.join(', ') || 'it has none'}), not ${one.used.specifier}.`,
        );
      }),
};

export const noCycles: Rule = {
  name: 'no-cycles',
  why: 'Files that import each other in a circle cannot be read, tested or loaded one at a time.',
  check(project) {
    const byPath = new Map(project.files.map((file) => [file.path, file]));
    const done = new Set<string>();
    const violations: Violation[] = [];
    const follow = (file: SourceFile, trail: readonly string[]): void => {
      if (done.has(file.path)) return;
      for (const used of file.imports) {
        const next = used.target === undefined || used.typeOnly ? undefined : byPath.get(used.target);
        if (next === undefined) continue;
        const path = [...trail, file.path];
        const start = path.indexOf(next.path);
        if (start >= 0) {
          const circle = [...path.slice(start), next.path].join(' → ');
          violations.push({
            file: file.path,
            line: used.line,
            message: `This import closes a circle: ${circle}. Move what both need into a third file, or import only the type.`,
          });
        } else {
          follow(next, path);
        }
      }
      done.add(file.path);
    };
    for (const file of project.files) follow(file, []);
    return violations;
  },
};
