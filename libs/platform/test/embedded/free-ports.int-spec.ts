import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePorts } from '@voltap/platform/embedded';

describe('free ports', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'voltap-ports-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('are given once, however many ask before the first listens', async () => {
    // Half of the range: with ports drawn at random and kept by nobody, two of them would be the same.
    const given = (await Promise.all(Array.from({ length: 14 }, () => freePorts(500, directory)))).flat();
    expect(new Set(given).size).toBe(7_000);
  });

  it('are free, and are given again when nobody listens there after a while', async () => {
    const [port = 0] = await freePorts(1, directory);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    await new Promise((closed) => server.close(closed));
    await utimes(join(directory, `${port}`), 0, 0);
    const [next = 0] = await freePorts(1, directory);
    expect(await readdir(directory)).toEqual([`${next}`]);
  });
});
