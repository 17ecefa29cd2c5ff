import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Below the range from which the system takes ports for outgoing connections: else one that was found free may be taken
 * before it is used, and what is started again on its port may find that a client, which kept connecting there while it was
 * down, was given that very port, and holds it.
 */
const FIRST = 18_000;
const LAST = 32_000;
const ATTEMPTS = 1_000;

/** How long a port is kept for who was given it; then it listens there, or never will. */
const KEPT_MS = 5 * 60_000;

/**
 * Free ports on 127.0.0.1, all different, and given to nobody else for five minutes: whoever asks listens there only later,
 * and another process that looks for ports meanwhile finds them free too. Each is noted as a file in the system's directory
 * for temporary files, which all processes of this user see.
 */
export async function freePorts(count: number, directory: string = noteDirectory()): Promise<number[]> {
  await mkdir(directory, { recursive: true });
  await forgetOld(directory);
  const ports: number[] = [];
  let refused: unknown;
  for (let attempt = 0; ports.length < count; attempt += 1) {
    if (attempt >= ATTEMPTS + count) throw new Error('found no free port on 127.0.0.1', { cause: refused });
    const port = randomInt(FIRST, LAST);
    try {
      await noted(join(directory, `${port}`));
      await listenedOn(port);
      ports.push(port);
    } catch (error) {
      refused = error;
    }
  }
  return ports;
}

function noteDirectory(): string {
  return join(tmpdir(), `voltap-ports-${userInfo().username}`);
}

/** @throws the error of the file when the port was given to somebody already */
async function noted(path: string): Promise<void> {
  const note = await open(path, 'wx');
  await note.close();
}

/** @throws the error of the socket when the port is taken */
async function listenedOn(port: number): Promise<void> {
  const server = createServer();
  const begun = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await begun;
  server.close();
  await once(server, 'close');
}

async function forgetOld(directory: string): Promise<void> {
  const oldest = Date.now() - KEPT_MS;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const notedAt = await notedAtMs(path);
    if (notedAt !== null && notedAt < oldest) await rm(path, { force: true });
  }
}

/** Null when another process has removed the note just now. */
async function notedAtMs(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
