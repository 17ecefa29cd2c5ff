import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { binariesAt, type PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type Account, accountFor, chooseLauncher, type Launcher } from './launcher.js';

export const SUPERUSER = 'voltap';
const OWN_ENTRIES = new Set(['cluster', 'cluster.new', 'password', 'supervisor.json', 'postgres.log']);

/** Where the parts of one embedded server lie. */
export interface Home {
  readonly directory: string;
  /** Data directory of Postgres; elsewhere than below `directory` only when the server could not enter that. */
  readonly cluster: string;
  readonly log: string;
  readonly binaries: PostgresBinaries;
  readonly launcher: Launcher;
}

/** @throws EmbeddedPostgresError when the directory cannot be written or holds something else */
export async function prepareHome(directory: string, packaged: PostgresBinaries): Promise<Home> {
  const account = await accountFor(directory);
  try {
    await mkdir(dirname(directory), { recursive: true });
    await mkdir(directory, { mode: 0o700 }).catch(ignore('EEXIST'));
    const strangers = (await readdir(directory)).filter((name) => !OWN_ENTRIES.has(name));
    if (strangers.length > 0) {
      throw new EmbeddedPostgresError(
        `The data directory ${directory} holds other files (${strangers[0]}); choose an empty or a new directory.`,
      );
    }
    await giveTo(directory, account);
    await (await open(join(directory, 'postgres.log'), 'a', 0o600)).close();
    await giveTo(join(directory, 'postgres.log'), account);
  } catch (error) {
    throw unusable(directory, error);
  }
  const launcher = await chooseLauncher(account, [packaged.postgres, packaged.initdb, directory]);
  const log = join(directory, 'postgres.log');
  if (launcher.entersClosedDirectories) {
    return { directory, cluster: join(directory, 'cluster'), log, binaries: packaged, launcher };
  }
  return { ...(await moveWhereItCanBeEntered(directory, packaged, launcher)), directory, log, launcher };
}

/** Makes the cluster when there is none. @returns the superuser's password */
export async function ensureCluster(home: Home, onProgress: (message: string) => void): Promise<string> {
  const versionFile = await readFile(join(home.cluster, 'PG_VERSION'), 'utf8').catch(() => null);
  const passwordFile = join(home.directory, 'password');
  if (versionFile !== null) {
    await checkVersion(home, versionFile.trim());
    return readFile(passwordFile, 'utf8').catch(() => {
      throw new EmbeddedPostgresError(
        `The password of the database in ${home.directory} is missing; restore ${passwordFile} or remove ${home.directory} to start afresh.`,
      );
    });
  }
  if ((await lstat(home.cluster).catch(() => null)) !== null && (await readdir(home.cluster)).length > 0) {
    throw new EmbeddedPostgresError(
      `The data directory ${home.cluster} is broken (PG_VERSION is missing); restore it or remove ${home.directory} to start afresh.`,
    );
  }
  onProgress('Creating the database cluster');
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  // Root may have started in the project of a user, who shall be able to go on.
  await giveTo(passwordFile, home.launcher.account);
  await initialise(home, password);
  return password;
}

async function initialise(home: Home, password: string): Promise<void> {
  const fresh = `${home.cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await giveTo(fresh, home.launcher.account);
  // initdb accepts an empty directory only, so that the password cannot lie in it.
  const passwordInput = `${fresh}.password`;
  await writeFile(passwordInput, password, { mode: 0o600 });
  await giveTo(passwordInput, home.launcher.account);
  try {
    const flags = ['--no-sync', '--auth=scram-sha-256', `--pwfile=${passwordInput}`, `--username=${SUPERUSER}`];
    // The builtin provider orders text alike on every system; libc's C.UTF-8 does not exist on all of them.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const child = home.launcher.start(home.binaries.initdb, ['-D', fresh, ...flags, ...locale], 'pipe');
    const exit = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended with ${code ?? signal}`));
    });
    const [failure, output] = await Promise.all([exit, child.stderr === null ? '' : text(child.stderr), drain(child)]);
    if (failure !== '') {
      const reason = output.split('\n').find((line) => line.trim() !== '') ?? failure;
      throw new EmbeddedPostgresError(
        `The database cluster in ${home.directory} cannot be created: ${reason.trim()}; see that the disk has room and the directory is writable.`,
      );
    }
    await rm(home.cluster, { recursive: true, force: true });
    await rename(fresh, home.cluster);
  } finally {
    await rm(passwordInput, { force: true });
  }
}

async function drain(child: ReturnType<Launcher['start']>): Promise<void> {
  child.stdout?.resume();
}

async function checkVersion(home: Home, found: string): Promise<void> {
  const configured = await readFile(join(home.binaries.root, 'share', 'postgresql', 'postgres.bki'), 'utf8');
  const own = /^# PostgreSQL (\d+)/.exec(configured)?.[1];
  if (own !== undefined && own !== found) {
    throw new EmbeddedPostgresError(
      `The data directory ${home.cluster} was made by Postgres ${found}, this is Postgres ${own}; use the Voltap release that made it, or remove ${home.directory} to start afresh.`,
    );
  }
}

/** For root without usable capabilities: programs and data lie where every user may pass, a link stands in the asked place. */
async function moveWhereItCanBeEntered(
  directory: string,
  packaged: PostgresBinaries,
  launcher: Launcher,
): Promise<Pick<Home, 'cluster' | 'binaries'>> {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const place = join('/var/lib/voltap', name);
  const link = join(directory, 'cluster');
  const present = await lstat(link).catch(() => null);
  if (present !== null && !present.isSymbolicLink()) {
    throw new EmbeddedPostgresError(
      `The database in ${directory} cannot be entered by user ${launcher.account?.uid}; move it out of the closed directory, or start where setpriv may pass capabilities.`,
    );
  }
  try {
    await mkdir(place, { recursive: true, mode: 0o755 });
    await chmod(place, 0o755);
    await giveTo(place, launcher.account);
    const programs = join(place, `native-${createHash('sha256').update(packaged.root).digest('hex').slice(0, 8)}`);
    if ((await lstat(programs).catch(() => null)) === null) {
      await cp(packaged.root, `${programs}.new`, { recursive: true, verbatimSymlinks: true, force: true });
      await rename(`${programs}.new`, programs);
    }
    if (present === null) {
      // Whoever removed the link wanted to forget the data.
      await rm(join(place, 'cluster'), { recursive: true, force: true });
      await symlink(join(place, 'cluster'), link);
    }
    return { cluster: join(place, 'cluster'), binaries: binariesAt(programs) };
  } catch (error) {
    throw unusable(place, error);
  }
}

export async function giveTo(path: string, account: Account | null): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

function unusable(directory: string, error: unknown): Error {
  if (error instanceof EmbeddedPostgresError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new EmbeddedPostgresError(
    `The data directory ${directory} cannot be written (${code}); make it writable for this user or choose another directory.`,
  );
}

function ignore(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
