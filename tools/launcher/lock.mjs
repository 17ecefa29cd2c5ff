// One lock file per job, holding the owner's process id. Only node: imports: it runs before anything is installed.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** An owner writes its id at once; a lock that stays empty belongs to nobody. */
const EMPTY_GRACE_MILLISECONDS = 2000;

/**
 * Runs `work` while no other process runs under the same lock; waits for it, saying so once.
 * A lock whose owner has died is taken over.
 */
export async function withLock(path, holder, work) {
  mkdirSync(dirname(path), { recursive: true });
  let announced = false;
  let emptySince;
  while (!tryAcquire(path)) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    emptySince = owner === '' ? (emptySince ?? Date.now()) : undefined;
    const abandoned = emptySince !== undefined && Date.now() - emptySince > EMPTY_GRACE_MILLISECONDS;
    if (abandoned || (owner !== '' && !isAlive(Number(owner)))) {
      rmSync(path, { force: true });
      continue;
    }
    if (!announced && owner !== '') {
      process.stderr.write(`Waiting for ${holder} (process ${owner}) to finish …\n`);
      announced = true;
    }
    await delay(100);
  }
  const release = () => rmSync(path, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryAcquire(path) {
  let file;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(file, String(process.pid));
  closeSync(file);
  return true;
}

/** The owner's process id as text, '' while it is being written, undefined when the lock has gone. */
function ownerOf(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
