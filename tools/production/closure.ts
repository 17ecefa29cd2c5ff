/** Which installed packages a set of workspaces needs at run time, by package-lock.json. */

interface LockedPackage {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/**
 * Folders of everything that `workspaces` import, directly or not: `apps/gateway`, `node_modules/pg`, sorted. Optional
 * dependencies are left out: they are what production does not use (the binaries of the embedded PostgreSQL).
 * @throws Error naming the first dependency that package-lock.json does not have.
 */
export function productionClosure(packages: LockedPackages, workspaces: readonly string[]): string[] {
  const found = new Set<string>();
  const waiting = [...workspaces];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (found.has(folder)) continue;
    const locked = packages[folder];
    if (locked === undefined) throw new Error(`package-lock.json does not know ${folder}`);
    found.add(folder);
    for (const name of namesNeededBy(locked)) {
      const needed = locate(packages, folder, name);
      if (needed === undefined) throw new Error(`package-lock.json has no ${name}, which ${folder} needs`);
      waiting.push(needed);
    }
  }
  return [...found].toSorted();
}

function namesNeededBy({ dependencies, peerDependencies, peerDependenciesMeta }: LockedPackage): string[] {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta?.[name]?.optional !== true);
  return [...Object.keys(dependencies ?? {}), ...peers];
}

/** As Node.js looks: beside the one who asks, then in each folder above. */
function locate(packages: LockedPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folderAbove(folder)) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const locked = packages[path];
    if (locked !== undefined) return locked.link === true ? locked.resolved : path;
    if (folder === '') return undefined;
  }
}

function folderAbove(folder: string): string {
  const inside = folder.lastIndexOf('node_modules/');
  return inside < 0 ? '' : folder.slice(0, inside).replace(/\/$/, '');
}
