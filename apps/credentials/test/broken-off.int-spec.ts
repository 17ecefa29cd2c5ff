import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PartnerRecord } from '@voltap/contracts/back-office';
import type { RunningService } from '@voltap/platform/bootstrap';
import { type TestPlatform, waitUntil } from '@voltap/platform/testing';
import { credentials } from '../src/service.js';
import type { GatewayDouble } from './fixtures/gateway-double.js';
import { PartnerServer } from './fixtures/partner-server.js';
import { openConnection, openPlatform, type PlatformBehindGateway } from './fixtures/platform-behind-gateway.js';
import { ShiftedClock } from './fixtures/shifted-clock.js';

const VERSIONS = 'versions.sender.list';
const DETAILS = 'versions.sender.details';
const POST = 'credentials.sender.post';
const PUT = 'credentials.sender.put';

/**
 * The replica that carries out an exchange stands still at one step, for the others as good as killed; another one goes on
 * with the same database. At the end the first one wakes up, when all is decided: that must change nothing.
 */
describe('an exchange whose replica dies', () => {
  const clock = new ShiftedClock();
  let opened: PlatformBehindGateway;
  let platform: TestPlatform;
  let gateway: GatewayDouble;
  let dying: RunningService;
  let surviving: RunningService;
  let peer: PartnerServer;
  let parties = 0;
  let wake: () => void;

  beforeAll(async () => {
    opened = await openPlatform(
      {
        VOLTAP_REGISTRATION_TIMEOUT_MS: '60000',
        VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS: '60000',
      },
      clock,
    );
    ({ platform, gateway } = opened);
    dying = await platform.start(credentials);
    surviving = await platform.start(credentials);
  });

  afterAll(async () => {
    await opened?.close();
  });

  beforeEach(async () => {
    peer = new PartnerServer();
    parties += 1;
    const party_id = `X${String(parties).padStart(2, '0')}`;
    peer.roles = [{ role: 'PTP', country_code: 'NL', party_id, business_details: { name: 'Terminal provider' } }];
    await peer.listen();
    gateway.serviceUrl = dying.url;
  });

  afterEach(() => peer.close());

  /** Lets the replica stand still at a step. @returns resolves when it does. */
  function stopAt(row: string, when: 'before' | 'after'): Promise<void> {
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let stopped = false;
    gateway.pace = ({ endpoint }, now) => {
      if (stopped || endpoint !== row || now !== when) return undefined;
      stopped = true;
      return asleep;
    };
    return waitUntil(() => stopped, { describe: `${when} ${row}` }).then(() => {
      gateway.serviceUrl = surviving.url;
    });
  }

  const open = (fields?: object) => openConnection(gateway, fields);

  const ours = (token: string) => ({ token, url: peer.versionsUrl, roles: peer.roles });
  const read = async (id: string): Promise<PartnerRecord> => (await gateway.operator('GET', `/partners/${id}`)).body;
  const register = (id: string, token: string) =>
    gateway.operator('POST', `/partners/${id}/registration`, { token, versionsUrl: peer.versionsUrl });
  const works = async (token: string) => (await gateway.partner(token, 'GET', '/versions')).status === 1000;
  const given = () => peer.called.findLast(({ body }) => body !== undefined)?.body?.token ?? '';

  describe.each([
    ['before', VERSIONS],
    ['after', VERSIONS],
    ['before', DETAILS],
    ['after', DETAILS],
  ] as const)('%s %s, while the partner waits for us', (when, row) => {
    it('leaves the registration to be repeated with the same Token A (CRED-16)', async () => {
      const { id, tokenA } = await open();
      const stopped = stopAt(row, when);
      const first = gateway.partner(tokenA, 'POST', '/2.3.0/credentials', ours('token-b'));
      await stopped;
      expect(await read(id)).toMatchObject({ status: 'PENDING', version: null, roles: [], endpoints: [] });

      const again = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', ours('token-b'));
      expect(again).toMatchObject({ http: 200, status: 1000 });
      const decided = await read(id);

      wake();
      expect((await first).http).toBe(405);
      expect(await read(id)).toEqual(decided);
      expect(await works(again.data.token)).toBe(true);
    });

    it('leaves the tokens of before in force, and the PUT to be repeated (CRED-31)', async () => {
      const { id, tokenA } = await open();
      const registered = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', ours('token-b'));
      const tokenC = registered.data.token;
      peer.token = 'token-b-2';
      const stopped = stopAt(row, when);
      const first = gateway.partner(tokenC, 'PUT', '/2.2.1/credentials', ours('token-b-2'));
      await stopped;
      expect(await read(id)).toMatchObject({ status: 'REGISTERED', version: '2.3.0' });
      expect(await works(tokenC)).toBe(true);

      const again = await gateway.partner(tokenC, 'PUT', '/2.2.1/credentials', ours('token-b-2'));
      expect(again).toMatchObject({ http: 200, status: 1000 });
      const decided = await read(id);
      expect(decided.version).toBe('2.2.1');

      wake();
      expect((await first).status).toBe(3000);
      expect(await read(id)).toEqual(decided);
      expect(await works(again.data.token)).toBe(true);
    });
  });

  describe.each([
    ['before', VERSIONS],
    ['after', VERSIONS],
    ['before', DETAILS],
    ['after', DETAILS],
    ['before', POST],
    ['after', POST],
  ] as const)('%s %s, in a registration of ours', (when, row) => {
    it('leaves no half partner: it may be repeated when the one that began it must be gone', async () => {
      const { id, tokenA } = await open();
      peer.token = 'token-a';
      const stopped = stopAt(row, when);
      const first = register(id, 'token-a');
      await stopped;
      expect(await read(id)).toMatchObject({ status: 'PENDING', version: null, exchange: { action: 'register' } });
      expect((await register(id, 'token-a')).http).toBe(409);

      clock.advance(180_000);
      expect((await read(id)).exchange).toBeNull();
      const agreedThere = peer.registered !== null;
      expect(agreedThere).toBe(row === POST && when === 'after');
      if (agreedThere) {
        // It counts us as registered, and its answer is lost: its Token A is dead, as the specification has it.
        expect(await works(given())).toBe(true);
        expect((await register(id, 'token-a')).http).toBe(502);
        expect((await read(id)).status).toBe('PENDING');
        peer.registered = null;
        peer.token = 'token-a-2';
      }
      const again = await register(id, agreedThere ? 'token-a-2' : 'token-a');
      expect(again.body).toMatchObject({ status: 'REGISTERED', version: '2.3.0' });
      const decided = await read(id);
      const token = given();

      wake();
      expect((await first).http).not.toBe(200);
      expect({ ...(await read(id)), updatedAt: null }).toEqual({ ...decided, updatedAt: null });
      expect(await works(token)).toBe(true);
      expect(await works(tokenA)).toBe(false);
    });
  });

  describe.each([
    ['before', VERSIONS],
    ['after', DETAILS],
    ['before', PUT],
    ['after', PUT],
  ] as const)('%s %s, in a rotation of ours', (when, row) => {
    it('locks neither side out', async () => {
      const { id } = await open();
      peer.token = 'token-a';
      gateway.pace = undefined;
      await register(id, 'token-a');
      const tokenB = given();
      const stopped = stopAt(row, when);
      const first = gateway.operator('POST', `/partners/${id}/rotation`, { version: '2.2.1' });
      await stopped;
      expect(await read(id)).toMatchObject({ status: 'REGISTERED', version: '2.3.0', exchange: { action: 'rotate' } });
      clock.advance(180_000);
      expect(await works(tokenB)).toBe(true);
      if (peer.token === 'token-c-1') {
        const again = await gateway.operator('POST', `/partners/${id}/rotation`, { version: '2.2.1' });
        expect(again.body).toMatchObject({ status: 'REGISTERED', version: '2.2.1' });
      } else {
        // It has moved already, calls with the new token, and heals the connection with a PUT of its own.
        const offered = given();
        expect(offered).not.toBe(tokenB);
        expect(await works(offered)).toBe(true);
        peer.token = 'token-b-after';
        const healed = await gateway.partner(offered, 'PUT', '/2.2.1/credentials', ours('token-b-after'));
        expect(healed.status).toBe(1000);
      }
      const decided = await read(id);
      expect(decided).toMatchObject({ version: '2.2.1', exchange: null });
      wake();
      expect((await first).http).not.toBe(200);
      expect({ ...(await read(id)), updatedAt: null }).toEqual({ ...decided, updatedAt: null });
    });
  });
});
