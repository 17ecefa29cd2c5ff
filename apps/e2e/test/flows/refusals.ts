import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type JsonObject, playCharge, type Simulator } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { listed } from '../stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from '../stage/stage.js';

const LISTS = [
  '/partners',
  '/locations',
  '/tariffs',
  '/tokens',
  '/commands',
  '/sessions',
  '/cdrs',
  '/terminals',
  '/confirmations',
  '/reconciliation',
  '/deliveries',
];

/** Everything that the back-office shows. */
async function everything(simulator: Simulator): Promise<Record<string, JsonObject[]>> {
  return Object.fromEntries(await Promise.all(LISTS.map(async (path) => [path, await listed(simulator, path)])));
}

/** Everything, once nothing is on its way to a partner any more, and every charge is known to be paid. */
function settledData(simulator: Simulator) {
  return waitUntil(
    async () => {
      const found = await everything(simulator);
      const open = found['/deliveries']?.some(({ state }) => state === 'PENDING' || state === 'IN_FLIGHT');
      const unknown = found['/reconciliation']?.some(({ cdrAcceptedAt }) => cdrAcceptedAt === null);
      return !open && !unknown && found;
    },
    { describe: 'all deliveries to be settled and known to be' },
  );
}

/** What is refused, and leaves no trace, in both versions. */
export function refusals(platform: PlatformWishes = {}): void {
  describe('what the platform refuses', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage({ platform });
    });
    afterAll(() => stage?.close());

    it.each(['2.3.0', '2.2.1'] as const)(
      'is answered as OCPI %s says, and leaves no trace in the data',
      async (version) => {
        const { simulator } = stage;
        const { partnerId } = await registerAndCrawl(simulator, version);
        const { charge } = await playCharge(simulator, { minutes: 2, ocpiVersion: version });
        const { ownToken } = simulator.ptp.store.registration;
        const authorization = `Token ${Buffer.from(ownToken).toString('base64')}`;
        const base = `${stage.platform.gatewayUrl}/ocpi/cpo/${version}`;
        const call = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
          const response = await fetch(`${base}${path}`, {
            method,
            headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
            body,
          });
          const envelope = JSON.parse(await response.text()) as JsonObject;
          expect(envelope).toMatchObject({
            status_code: expect.any(Number),
            status_message: expect.any(String),
            timestamp: expect.stringMatching(/Z$/),
          });
          return [response.status, envelope.status_code];
        };
        const start: JsonObject = {
          response_url: `${simulator.ptp.url}/${version}/commands/callback/never`,
          token: charge.token,
          location_id: charge.locationId,
          evse_uid: charge.evseUid,
          connector_id: charge.connectorId,
          authorization_reference: `refused-${version}`,
        };
        const startSession = (change: JsonObject) =>
          call('POST', '/commands/START_SESSION', { authorization }, JSON.stringify({ ...start, ...change }));
        // The platform fetches terminals by itself soon after a registration: now, so that nothing is left to change.
        await simulator.operator.post(`/terminals/pull/${partnerId}`);
        const before = await settledData(simulator);

        const wrong = `Token ${Buffer.from('not-a-token-of-anybody').toString('base64')}`;
        for (const headers of [{}, { authorization: wrong }, { authorization: 'Bearer x' }] as Record<
          string,
          string
        >[]) {
          expect((await call('GET', '/locations', headers))[0]).toBe(401);
          expect((await call('POST', '/commands/START_SESSION', headers, JSON.stringify(start)))[0]).toBe(401);
        }
        expect((await call('GET', '/nothing', { authorization }))[0]).toBe(404);
        expect(await call('POST', '/commands/START_SESSION', { authorization }, '{"token": ')).toEqual([400, 2000]);
        expect(await startSession({ location_id: 17 })).toEqual([200, 2001]);
        expect(await startSession({ token: undefined })).toEqual([200, 2001]);
        expect(await startSession({ location_id: 'NOWHERE' })).toEqual([200, 2003]);
        expect(await startSession({ evse_uid: 'NOWHERE' })).toEqual([200, 2001]);
        const terminal = JSON.stringify({ terminal_id: 'BIG', reference: 'x'.repeat(10 * 1024 * 1024) });
        expect((await call('POST', '/payments/terminals', { authorization }, terminal))[0]).toBe(413);
        expect((await call('POST', '/commands/START_SESSION', { authorization }, terminal))[0]).toBe(413);

        expect(await settledData(simulator)).toEqual(before);
        expect(simulator.ptp.log.complaints).toEqual([]);
      },
    );
  });
}
