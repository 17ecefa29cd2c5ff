import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

const run = promisify(execFile);

/** Who runs the server: Postgres refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Starts the server's programs under the right account, so that they end with this process where the system can do that. */
export interface Launcher {
  /** Null: the account of this process. */
  readonly account: Account | null;
  /** Whether programs can reach paths below directories that the account may not enter. */
  readonly entersClosedDirectories: boolean;
  start(command: string, args: readonly string[], output: number | 'pipe'): ChildProcess;
}

/** `setpriv` sends QUIT when we die: the server ends at once together with its children, and recovers at the next start. */
const END_WITH_PARENT = ['--pdeathsig', 'QUIT'];

/**
 * Reading and entering everything, writing nothing more than the account may. Without `no_setuid_fixup` the kernel
 * ignores the capability in access(2), with which Postgres looks for its own programs.
 */
const ENTER_EVERYTHING = [
  '--securebits',
  '+no_setuid_fixup',
  '--inh-caps=-all,+dac_read_search',
  '--ambient-caps=+dac_read_search',
];

/** @param visited existing paths that the programs must reach */
export async function chooseLauncher(account: Account | null, visited: readonly string[]): Promise<Launcher> {
  const endsWithParent =
    process.platform === 'linux' && (await succeeds('setpriv', [...END_WITH_PARENT, '--', 'true']));
  if (account === null) return launcher(null, endsWithParent ? END_WITH_PARENT : null, true);

  const reachable = (await Promise.all(visited.map((path) => isReachable(path, account)))).every(Boolean);
  if (!endsWithParent) return launcher(account, null, reachable);

  const changed = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups'];
  if (!(await succeeds('setpriv', [...changed, '--', 'true']))) {
    throw new EmbeddedPostgresError(
      `Postgres refuses to run as root and this environment does not let root become user ${account.uid}; start as an ordinary user.`,
    );
  }
  if (reachable) return launcher(account, [...changed, ...END_WITH_PARENT], true);
  const entering = [...changed, ...ENTER_EVERYTHING, ...END_WITH_PARENT];
  const probes = visited.map((path) => succeeds('setpriv', [...entering, '--', 'test', '-x', path]));
  const enters = (await Promise.all(probes)).every(Boolean);
  return launcher(account, enters ? entering : [...changed, ...END_WITH_PARENT], enters);
}

function launcher(
  account: Account | null,
  setpriv: readonly string[] | null,
  entersClosedDirectories: boolean,
): Launcher {
  return {
    account,
    entersClosedDirectories,
    start(command, args, output) {
      const [program, programArgs] =
        setpriv === null ? [command, [...args]] : ['setpriv', [...setpriv, '--', command, ...args]];
      return spawn(program, programArgs, {
        // A group of its own: Ctrl-C in the terminal must reach only us, who stop the server in order.
        detached: process.platform !== 'win32',
        stdio: ['ignore', output, output],
        windowsHide: true,
        ...(setpriv === null && account !== null ? account : {}),
      });
    },
  };
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, [...args]).then(
    () => true,
    () => false,
  );
}

/**
 * Null unless we are root; then the owner of the path or of its nearest existing parent, and `nobody` when that is root or
 * a stranger: initdb wants a user that the system knows, and a mounted directory often belongs to none.
 */
export async function accountFor(path: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  for (let current = path; ; current = dirname(current)) {
    const found = await stat(current).catch(() => null);
    if (found === null && current !== dirname(current)) continue;
    const known = found !== null && found.uid !== 0 && (await succeeds('id', ['-un', String(found.uid)]));
    return known ? { uid: found.uid, gid: found.gid } : nobody();
  }
}

async function nobody(): Promise<Account> {
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, 'nobody'])).stdout.trim());
  try {
    return { uid: await idOf('-u'), gid: await idOf('-g') };
  } catch {
    throw new EmbeddedPostgresError(
      'Postgres refuses to run as root, and this system has no user "nobody" to run it as; add one or start as an ordinary user.',
    );
  }
}

async function isReachable(path: string, account: Account): Promise<boolean> {
  for (let current = path; ; current = dirname(current)) {
    const found = await stat(current).catch(() => null);
    if (found !== null) {
      const bit = found.uid === account.uid ? 0o100 : found.gid === account.gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (current === dirname(current)) return true;
  }
}
