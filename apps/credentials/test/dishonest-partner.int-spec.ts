import type { LookupAddress, lookup } from 'node:dns';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PartnerEventRecord } from '@voltap/contracts/back-office';
import { SystemClock } from '@voltap/kernel';
import { OcpiClient } from '@voltap/ocpi/client';
import type { TestPlatform } from '@voltap/platform/testing';
import { credentials } from '../src/service.js';
import type { GatewayDouble } from './fixtures/gateway-double.js';
import { PartnerServer } from './fixtures/partner-server.js';
import { openConnection, openPlatform, type PlatformBehindGateway } from './fixtures/platform-behind-gateway.js';

const ENDLESS = 50 * 1024 * 1024;

function json(response: ServerResponse, data: unknown): true {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status_code: 1000, timestamp: new Date().toISOString(), data }));
  return true;
}

/** Sends until it was enough, or the other side has hung up. */
function flood(response: ServerResponse): true {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z","data":[');
  const piece = Buffer.alloc(64 * 1024, ' ');
  let sent = 0;
  const more = (): void => {
    while (sent < ENDLESS && !response.destroyed) {
      sent += piece.length;
      if (!response.write(piece)) {
        response.once('drain', more);
        return;
      }
    }
    response.end(']}');
  };
  more();
  return true;
}

describe('a partner that is not what it says', () => {
  let opened: PlatformBehindGateway;
  let platform: TestPlatform;
  let gateway: GatewayDouble;
  let peer: PartnerServer;
  let parties = 0;

  beforeAll(async () => {
    opened = await openPlatform({ VOLTAP_REGISTRATION_TIMEOUT_MS: '6000' });
    ({ platform, gateway } = opened);
    gateway.serviceUrl = (await platform.start(credentials)).url;
  });

  afterAll(async () => {
    await opened?.close();
  });

  beforeEach(async () => {
    peer = new PartnerServer();
    parties += 1;
    const party_id = `L${String(parties).padStart(2, '0')}`;
    peer.roles = [{ role: 'PTP', country_code: 'NL', party_id, business_details: { name: 'Not what it says' } }];
    await peer.listen();
  });

  afterEach(() => peer.close());

  const open = (fields?: object) => openConnection(gateway, fields);
  const read = async (id: string) => (await gateway.operator('GET', `/partners/${id}`)).body;
  const last = async (id: string): Promise<PartnerEventRecord> =>
    (await gateway.operator('GET', `/partners/${id}/events?limit=1`)).body.items[0];
  const atVersions = (act: (response: ServerResponse) => true) => (path: string, response: ServerResponse) =>
    path === '/versions' && act(response);
  const atDetails = (act: (response: ServerResponse) => true) => (path: string, response: ServerResponse) =>
    path === '/2.3.0' && act(response);
  const withEndpoint = (url: string) => (response: ServerResponse) =>
    json(response, {
      version: '2.3.0',
      endpoints: [
        { identifier: 'credentials', role: 'SENDER', url: `${peer.url}/credentials` },
        { identifier: 'sessions', role: 'RECEIVER', url: `${peer.url}/sessions` },
        { identifier: 'cdrs', role: 'RECEIVER', url },
        { identifier: 'payments', role: 'SENDER', url: `${peer.url}/payments` },
      ],
    });

  const LIES: [string, RegExp, () => PartnerServer['misbehave']][] = [
    ['hangs', /in time/, () => atVersions(() => true)],
    ['hangs at its details', /in time/, () => atDetails(() => true)],
    [
      'redirects',
      /HTTP 302.*redirects are not followed/,
      () =>
        atVersions((response) => {
          response.writeHead(302, { location: `${peer.url}/elsewhere` }).end();
          return true;
        }),
    ],
    [
      'answers garbage',
      /HTTP 200/,
      () =>
        atVersions((response) => {
          response.end('<html>Welcome</html>');
          return true;
        }),
    ],
    [
      'answers something else than versions',
      /HTTP 200/,
      () => atVersions((response) => json(response, { versions: 7 })),
    ],
    ['sends 50 MB', /cannot be reached/, () => atVersions(flood)],
    [
      'cuts the connection',
      /cannot be reached/,
      () =>
        atVersions((response) => {
          response.destroy();
          return true;
        }),
    ],
    ['fails', /HTTP 500/, () => atVersions((response) => Boolean(response.writeHead(500).end()) as true)],
    [
      'shows the details of another version',
      /listed for 2\.3\.0 are those of 2\.2\.1/,
      () => atDetails((response) => json(response, { version: '2.2.1', endpoints: [endpoint()] })),
    ],
    [
      'lists details at the address of the platform itself',
      /leads back to this platform/,
      () =>
        atVersions((response) => json(response, [{ version: '2.3.0', url: 'https://voltap.example/ocpi/cpo/2.3.0' }])),
    ],
    [
      'wants its CDRs at the address of the platform itself',
      /leads back to this platform/,
      () => atDetails(withEndpoint('https://voltap.example/ocpi/cpo/2.3.0/cdrs')),
    ],
    [
      'wants its CDRs at an address that no partner has',
      /169\.254\.169\.254.* must not be called/,
      () => atDetails(withEndpoint('https://169.254.169.254/latest/meta-data')),
    ],
    [
      'lists more endpoints than there are modules',
      /list 5000 endpoints/,
      () =>
        atDetails((response) =>
          json(response, { version: '2.3.0', endpoints: Array.from({ length: 5_000 }, () => endpoint()) }),
        ),
    ],
  ];
  const endpoint = () => ({ identifier: 'credentials', role: 'SENDER', url: `${peer.url}/credentials` });

  it.each(LIES)(
    'is refused with 3001 when it %s: the reason is told and recorded, nothing changed (CRED-15)',
    async (_, reason, lie) => {
      const { id, tokenA } = await open();
      const before = await read(id);
      peer.misbehave = lie();
      const given = { token: 'token-b', url: peer.versionsUrl, roles: peer.roles };

      const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given);

      expect(answer).toMatchObject({ http: 200, status: 3001, message: expect.stringMatching(reason) });
      expect(await read(id)).toEqual(before);
      expect(await last(id)).toMatchObject({
        action: 'register',
        by: 'partner',
        outcome: 'refused',
        code: 'partner_unreachable',
        message: expect.stringMatching(reason),
        requestId: expect.any(String),
      });
      peer.misbehave = undefined;
      expect((await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given)).status).toBe(1000);
    },
  );

  it.each(LIES)('gets no credentials of ours when it %s', async (_, reason, lie) => {
    const { id } = await open();
    const before = await read(id);
    peer.misbehave = lie();
    peer.token = 'token-a';
    const wish = { token: 'token-a', versionsUrl: peer.versionsUrl, version: '2.3.0' };

    const answer = await gateway.operator('POST', `/partners/${id}/registration`, wish);

    expect(answer).toMatchObject({ http: 502, body: { detail: expect.stringMatching(reason) } });
    expect(peer.called.map(({ method }) => method)).not.toContain('POST');
    expect({ ...(await read(id)), updatedAt: before.updatedAt }).toEqual(before);
    expect(await last(id)).toMatchObject({
      by: 'operator',
      outcome: 'refused',
      message: expect.stringMatching(reason),
    });
  });

  describe('with an address that is not on the internet', () => {
    /** Names that were looked up, and addresses to which a connection would have been made. Nothing ever connects. */
    const looked: string[] = [];
    const connected: string[] = [];
    let answers: Record<string, string[]>;
    let usual: OcpiClient;

    beforeEach(() => {
      looked.length = 0;
      connected.length = 0;
      usual = gateway.client;
      gateway.client = new OcpiClient(new SystemClock(), {
        resolver: ((name: string, _options: object, done: (error: null, addresses: LookupAddress[]) => void) => {
          looked.push(name);
          const [address = '203.0.113.1', ...later] = answers[name] ?? [];
          if (later.length > 0) answers[name] = later;
          done(null, [{ address, family: 4 }]);
        }) as unknown as typeof lookup,
        connector: (guarded) => (target, done) => {
          guarded(target.hostname, { all: true }, (error, addresses) => {
            if (error === null) connected.push(...[addresses].flat().map((each) => String(Object(each).address)));
            done(error ?? new Error('a test connects to nobody'), null);
          });
        },
      });
    });

    afterEach(async () => {
      await gateway.client.close();
      gateway.client = usual;
    });

    it.each([
      ['https://169.254.169.254/latest/meta-data', /169\.254\.169\.254 is not a public address/],
      ['https://127.0.0.1:5432/', /127\.0\.0\.1 is not a public address/],
      ['https://[::1]/versions', /::1 is not a public address/],
      ['https://2130706433/versions', /127\.0\.0\.1 is not a public address/],
      ['http://ptp.example/versions', /http:\/\/ is not allowed/],
      ['https://inside.example/versions', /inside\.example does not resolve to public addresses/],
    ])('is not called at %s', async (url, reason) => {
      answers = { 'inside.example': ['10.0.0.8'] };
      const { id, tokenA } = await open();
      const given = { token: 'token-b', url, roles: peer.roles };
      const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given);
      expect(answer).toMatchObject({ http: 200, status: 3001, message: expect.stringMatching(reason) });
      expect(connected).toEqual([]);
      expect(await last(id)).toMatchObject({ outcome: 'refused', calls: [{ url, requestId: null, httpStatus: null }] });
      const ours = await gateway.operator('POST', `/partners/${id}/registration`, { token: 'a', versionsUrl: url });
      expect(ours).toMatchObject({ http: 502, body: { detail: expect.stringMatching(reason) } });
      expect(connected).toEqual([]);
    });

    it('is not called when its name leads inside at the second look, however it did at the first', async () => {
      answers = { 'rebinding.example': ['93.184.216.34', '127.0.0.1'] };
      const { id, tokenA } = await open();
      const given = { token: 'token-b', url: 'https://rebinding.example/versions', roles: peer.roles };
      const post = () => gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given);
      expect(await post()).toMatchObject({ status: 3001, message: expect.stringMatching('connects to nobody') });
      expect(await post()).toMatchObject({ status: 3001, message: expect.stringMatching('not resolve to public') });
      expect(looked).toEqual(['rebinding.example', 'rebinding.example']);
      expect(connected).toEqual(['93.184.216.34']);
      expect(await read(id)).toMatchObject({ status: 'PENDING', roles: [] });
    });
  });

  it('is not kept with all that it says', async () => {
    const { id, tokenA } = await open();
    const long = 'x'.repeat(1_000_000);
    peer.misbehave = atVersions((response) => {
      response.end(JSON.stringify({ status_code: 2000, status_message: long, timestamp: 't' }));
      return true;
    });
    const given = { token: 'token-b', url: peer.versionsUrl, roles: peer.roles };
    await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given);
    expect(JSON.stringify(await last(id)).length).toBeLessThan(2_000);

    const roles = Array.from({ length: 1_000 }, () => peer.roles[0]);
    const crowd = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', { ...given, roles });
    expect(crowd).toMatchObject({ status: 2001, message: expect.stringMatching('1000 entries; 200 are taken') });
  });

  it('may lead only to the hosts that the operator allowed', async () => {
    const { tokenA } = await open({ allowedHosts: ['ptp.example'] });
    const given = { token: 'token-b', url: peer.versionsUrl, roles: peer.roles };
    const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given);
    expect(answer).toMatchObject({ status: 3001, message: expect.stringMatching('127.0.0.1 is not on the list') });
    expect(peer.calls).toEqual([]);
  });

  it('breaks nothing with modules, versions and fields that nobody knows (VER-09, CRED-30)', async () => {
    const { id, tokenA } = await open();
    peer.versions = ['1.0', 'next', '2.3.0'];
    peer.modules = [...peer.modules, ['nltnm-tokens', 'RECEIVER'], ['chargingprofiles', 'SENDER']];
    const given = { token: 'token-b', url: peer.versionsUrl, roles: peer.roles, colour: 'blue', hub_party_id: 'NLHUB' };
    expect((await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', given)).status).toBe(1000);
    expect((await read(id)).endpoints).toContainEqual(expect.objectContaining({ identifier: 'nltnm-tokens' }));
  });
});
