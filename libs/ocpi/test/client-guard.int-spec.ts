import { X509Certificate } from 'node:crypto';
import type { LookupAddress, lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@voltap/kernel';
import { type ConnectionRules, OcpiClient, type PartnerConnection } from '@voltap/ocpi/client';
import { profileOf } from '@voltap/ocpi/profiles';
import { envelope, type LoopbackPeer, startPeer } from './loopback-peer.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const fixture = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const CONNECTION: PartnerConnection = {
  version: '2.3.0',
  token: 'secret-token',
  quirks: profileOf('spec').quirks,
  endpoints: [],
};

async function outcomeOf(client: OcpiClient, url: string): Promise<string> {
  const result = await client.rawRequest({ connection: CONNECTION, method: 'GET', url, timeoutMs: 10_000 });
  return result.outcome === 'unreachable' ? `${result.reason}: ${result.message}` : result.outcome;
}

describe('the connection guard, by names that are resolved for it and a connector that connects to nobody', () => {
  const looked: string[] = [];
  const connected: string[] = [];
  let names: Record<string, string[][]>;
  let client: OcpiClient;

  /** Each look-up of a name takes the next of its answers; the last one stays. */
  const resolver = ((name: string, _options: object, done: (error: Error | null, all: LookupAddress[]) => void) => {
    looked.push(name);
    const [answer = [], ...later] = names[name] ?? [];
    if (later.length > 0) names[name] = later;
    done(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;

  function guarded(rules: ConnectionRules = {}): OcpiClient {
    return new OcpiClient(new SystemClock(), {
      rules,
      resolver,
      connector: (lookUp) => (target, done) => {
        lookUp(target.hostname, { all: true }, (error, addresses) => {
          if (error === null) connected.push(...(addresses as LookupAddress[]).map(({ address }) => address));
          done(error ?? new Error('a test connects to nobody'), null);
        });
      },
    });
  }

  beforeEach(() => {
    looked.length = 0;
    connected.length = 0;
    names = {};
    client = guarded();
  });

  afterEach(() => client.close());

  it.each([
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://2130706433/',
    'https://127.0.0.1./',
  ])('does not so much as look %s up', async (url) => {
    expect(await outcomeOf(client, url)).toMatch(/^blocked: .* is not a public address/);
    expect([looked, connected]).toEqual([[], []]);
  });

  it.each(['http://ptp.example/', 'ftp://ptp.example/', 'file:///etc/passwd', 'javascript:1', 'ptp.example/x', ''])(
    'does not call %s, which is no https',
    async (url) => {
      expect(await outcomeOf(client, url)).toMatch(/^blocked: /);
      expect(looked).toEqual([]);
    },
  );

  it('hands the socket exactly the addresses that it checked', async () => {
    names['ptp.example'] = [['93.184.216.34', '2606:4700::1111']];
    expect(await outcomeOf(client, 'https://ptp.example/')).toContain('a test connects to nobody');
    expect([looked, connected]).toEqual([['ptp.example'], ['93.184.216.34', '2606:4700::1111']]);
  });

  it('refuses a name that leads inside at any look, alone or among public addresses', async () => {
    names['inside.example'] = [['10.0.0.8']];
    names['mixed.example'] = [['93.184.216.34', '127.0.0.1']];
    names['nowhere.example'] = [[]];
    names['rebinding.example'] = [['93.184.216.34'], ['169.254.169.254']];
    for (const name of ['inside', 'mixed', 'nowhere']) {
      expect(await outcomeOf(client, `https://${name}.example/`)).toMatch(/^blocked: .*does not resolve to public/);
    }
    expect(connected).toEqual([]);
    expect(await outcomeOf(client, 'https://rebinding.example/')).toContain('connects to nobody');
    expect(await outcomeOf(client, 'https://rebinding.example/')).toMatch(/^blocked: /);
    expect(connected).toEqual(['93.184.216.34']);
  });

  it('calls only the hosts of a list, where there is one', async () => {
    names['ptp.example'] = [['93.184.216.34']];
    const listed = guarded({ allowedHosts: ['PTP.example'] });
    expect(await outcomeOf(listed, 'https://ptp.example/')).toContain('connects to nobody');
    expect(await outcomeOf(listed, 'https://ptp.example.evil.example/')).toMatch(/^blocked: .*allowed hosts/);
    await listed.close();
    expect(looked).toEqual(['ptp.example']);
  });
});

describe('a connection on the loopback', () => {
  const rules: ConnectionRules = { allowHttp: true, allowPrivateAddresses: true };
  let plain: LoopbackPeer;
  let secure: LoopbackPeer;
  let proxy: Server;
  let proxyUrl: string;
  const tunnels: string[] = [];
  const clients: OcpiClient[] = [];
  const clientWith = (options: ConstructorParameters<typeof OcpiClient>[1]): OcpiClient => {
    const client = new OcpiClient(new SystemClock(), options);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    plain = await startPeer();
    secure = await startPeer({ key: fixture('loopback.key.pem'), cert: fixture('loopback.pem') });
    proxy = createServer((_request, response) => response.writeHead(405).end());
    const sockets = new Set<Socket>();
    proxy.on('connect', (request, socket: Socket) => {
      tunnels.push(request.url ?? '');
      const [, port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.pipe(socket);
        socket.pipe(onward);
      });
      for (const each of [socket, onward]) {
        sockets.add(each);
        each.on('error', () => each.destroy());
        each.on('close', () => sockets.delete(each));
      }
    });
    proxy.on('close', () => {
      for (const socket of sockets) socket.destroy();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    tunnels.length = 0;
    plain.seen.length = 0;
  });

  afterAll(async () => {
    await plain.stop();
    await secure.stop();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('trusts a private certificate authority that it was given, and otherwise not', async () => {
    const trusting = clientWith({ rules, ca: fixture('private-ca.pem') });
    expect(await outcomeOf(trusting, `${secure.origin}/versions`)).toBe('success');
    expect(await outcomeOf(clientWith({ rules }), `${secure.origin}/versions`)).toMatch(/^connection: .*certificate/i);
  });

  it('knows until when the certificate is valid, also of the one that takes its place', async () => {
    const client = clientWith({ rules, ca: [fixture('private-ca.pem'), fixture('renewed.pem')].join('\n') });
    const url = `${secure.origin}/versions`;
    const endOf = (name: string) => new X509Certificate(fixture(name)).validToDate;
    expect(client.certificateExpiry(url)).toBeUndefined();
    expect(await outcomeOf(client, url)).toBe('success');
    expect(client.certificateExpiry(`${secure.origin}/other`)).toEqual(endOf('loopback.pem'));
    secure.renew({ key: fixture('renewed.key.pem'), cert: fixture('renewed.pem') });
    expect(await outcomeOf(client, url)).toBe('success');
    expect(client.certificateExpiry(url)).toEqual(endOf('renewed.pem'));
    secure.renew({ key: fixture('loopback.key.pem'), cert: fixture('loopback.pem') });
    await outcomeOf(client, `${plain.origin}/versions`);
    expect(client.certificateExpiry(plain.origin)).toBeUndefined();
  });

  it('goes through an egress proxy, with the authority checked behind it', async () => {
    const port = new URL(secure.origin).port;
    const client = clientWith({ rules, proxyUrl, ca: fixture('private-ca.pem') });
    expect(await outcomeOf(client, `https://ptp.example:${port}/versions`)).toBe('success');
    expect(tunnels).toEqual([`ptp.example:${port}`]);
    const distrusting = clientWith({ rules, proxyUrl });
    expect(await outcomeOf(distrusting, `https://ptp.example:${port}/versions`)).toMatch(/^connection: /);
  });

  it('asks no proxy for an address inside', async () => {
    const client = clientWith({ proxyUrl });
    expect(await outcomeOf(client, 'https://169.254.169.254/')).toMatch(/^blocked: /);
    expect(tunnels).toEqual([]);
  });

  it('follows no redirect, wherever it leads', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      plain.behave = (_request, response) =>
        response.writeHead(status, { location: `${plain.origin}/elsewhere` }).end(envelope());
      expect(await outcomeOf(clientWith({ rules }), `${plain.origin}/versions`)).toBe('refused');
    }
    expect(plain.seen.map(({ url }) => url)).toEqual(Array(5).fill('/versions'));
  });
});
