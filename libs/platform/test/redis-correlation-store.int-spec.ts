import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { RedisCorrelationStore } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';

describe('a correlation store on Redis that is closed', () => {
  it('lets nobody wait, and opens no connection for it', async () => {
    const sockets: Socket[] = [];
    // Takes connections, and never answers.
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const store = new RedisCorrelationStore(
      { url, prefix: 'test:' },
      createLogger({ level: 'silent', service: 'test' }),
    );
    try {
      await store.close();
      const before = sockets.length;
      expect(await store.wait('one', 60_000)).toBeNull();
      expect(sockets).toHaveLength(before);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
