import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes something in the cache as a whole or not at all; another process that made it first wins. */
export async function replaced(
  folder: string,
  destination: string,
  make: (fresh: string) => Promise<void>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const workshop = await mkdtemp(join(folder, 'new-'));
  const fresh = join(workshop, 'made');
  const clearUp = (): void => rmSync(workshop, { recursive: true, force: true });
  process.on('exit', clearUp);
  try {
    await make(fresh);
    await rename(fresh, destination).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    process.off('exit', clearUp);
    await rm(workshop, { recursive: true, force: true });
  }
}
