import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type JsonObject, playCharge, registerFromPlatform, type Simulator, textOf } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject, expectSettledOnce, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** A charge that goes on until somebody stops it. */
async function chargeRunning(simulator: Simulator): Promise<{ reference: string; stop: () => Promise<void> }> {
  const { ptp, backEnd } = simulator;
  const [terminal] = ptp.terminals;
  if (!terminal) throw new Error('the PTP has no terminal');
  const choice = await simulator.until('a free connector', () =>
    terminal.screen().connectors.find(({ startable }) => startable),
  );
  const { charge, accepted, result } = await terminal.tap(choice);
  if (!accepted) throw new Error(`the charge did not start: ${result}`);
  const reference = charge.authorizationReference;
  // On a slow machine the charge has caught up with the present before it is looked at, and then grows as time passes.
  const grown = (seconds: number) =>
    simulator.until('the charge to grow', () => {
      const metered = backEnd.chargeOf(reference);
      return charge.phase === 'CHARGING' && metered !== null && metered.activeSeconds > seconds;
    });
  await grown(60);
  return {
    reference,
    stop: async () => {
      await grown((backEnd.chargeOf(reference)?.activeSeconds ?? 0) + 30);
      expect(await terminal.stop(reference)).toMatchObject({ accepted: true });
      await simulator.until('the confirmation to be accepted', () => {
        const { confirmations } = ptp.store.state;
        return confirmations[charge.confirmationId?.toUpperCase() ?? '']?.sentAt;
      });
    },
  };
}

const MODULES = ['credentials', 'locations', 'tariffs', 'sessions', 'cdrs', 'commands', 'tokens', 'payments'];

/** Whether each module that the platform announces knows the token of the provider. */
async function statusOfModules({ ptp }: Simulator): Promise<string[]> {
  const { ownToken, endpoints } = ptp.store.registration;
  const headers = { authorization: `Token ${Buffer.from(ownToken).toString('base64')}` };
  return Promise.all(
    endpoints.map(async ({ identifier, url }) => {
      const { status } = await fetch(url, { headers });
      return `${identifier} ${status === 401 ? 'unknown' : 'known'}`;
    }),
  );
}

const history = async (simulator: Simulator, partnerId: string): Promise<JsonObject[]> =>
  listed(simulator, `/partners/${partnerId}/events`);
const partnerOf = async (simulator: Simulator, partnerId: string) =>
  asObject(await simulator.operator.get(`/partners/${partnerId}`));

/** What becomes of a connection, from the first Token A to the last. */
export function connectionLife(platform: PlatformWishes = {}): void {
  describe('credentials, from the first Token A to the last', () => {
    let stage: Stage;
    let simulator: Simulator;
    let partnerId: string;
    beforeAll(async () => {
      stage = await openStage({ platform });
      simulator = stage.simulator;
    });
    afterAll(() => stage?.close());

    const rotate = async (body: JsonObject = {}) =>
      asObject(await simulator.operator.post(`/partners/${partnerId}/rotation`, body, 60_000));

    it('are exchanged by us with the Token A of the provider, and a charge is paid over them (CRED-20, CRED-22, CRED-23, CRED-26)', async () => {
      simulator.ptp.credentials.offerVersions(['2.2.1']);
      const registered = await registerFromPlatform(simulator);
      partnerId = registered.partnerId ?? '';
      expect(registered.version).toBe('2.2.1');
      expect(simulator.ptp.store.state.offeredToken).toBeNull();
      const played = await playCharge(simulator, { minutes: 2 });
      expect(played).toMatchObject({ version: '2.2.1', resumed: true });
      await expectSettledOnce(simulator, played.charge.authorizationReference);
    });

    it('are renewed from both sides, and a charge that runs meanwhile notices nothing (CRED-09, CRED-10, CRED-33)', async () => {
      const { reference, stop } = await chargeRunning(simulator);
      const tokens = new Set([simulator.ptp.store.registration.ownToken]);
      for (const side of ['ours', 'theirs', 'ours', 'theirs']) {
        await (side === 'ours' ? rotate() : simulator.ptp.credentials.rotate());
        tokens.add(simulator.ptp.store.registration.ownToken);
        await simulator.ptp.mirror.crawl('tariffs');
      }
      expect(tokens.size).toBe(5);
      await stop();
      await expectSettledOnce(simulator, reference);
      const actions = (await history(simulator, partnerId)).map(({ by, action, outcome }) => [by, action, outcome]);
      expect(actions.slice(0, 2)).toEqual([
        ['partner', 'rotate', 'done'],
        ['operator', 'rotate', 'done'],
      ]);
    });

    it('move a running charge from 2.2.1 to 2.3.0, with other endpoints, and another one back (CRED-11)', async () => {
      const { ptp } = simulator;
      const upgraded = await chargeRunning(simulator);
      ptp.credentials.offerVersions(['2.2.1', '2.3.0']);
      ptp.moveEndpoints('new');
      expect(await rotate({ version: 'highest' })).toMatchObject({ version: '2.3.0', status: 'REGISTERED' });
      await upgraded.stop();
      const { sessionPushes } = await expectSettledOnce(simulator, upgraded.reference);
      // A PATCH tells what changed, which need not be the cost.
      const shapes = sessionPushes
        .filter(({ body }) => body.total_cost !== undefined)
        .map(({ body }) => Object.keys(Object(body.total_cost)).includes('before_taxes'));
      expect(shapes[0]).toBe(false);
      expect(shapes.at(-1)).toBe(true);
      const posted = ptp.log.requests.findLast(({ method, path }) => method === 'POST' && /\/cdrs\/?$/.test(path));
      expect(posted?.path).toBe('/ocpi/ptp/new/2.3.0/cdrs');

      const downgraded = await chargeRunning(simulator);
      await ptp.credentials.rotate('2.2.1');
      await downgraded.stop();
      await expectSettledOnce(simulator, downgraded.reference);
      expect(await partnerOf(simulator, partnerId)).toMatchObject({ version: '2.2.1', status: 'REGISTERED' });
    });

    it('end at once, from either side, and begin anew with either Token A (CRED-04, CRED-05, CRED-12)', async () => {
      const { ptp, operator } = simulator;
      const pushed = () => ptp.log.requests.filter(({ path }) => path.includes('/locations/')).length;

      await operator.delete(`/partners/${partnerId}/registration`);
      expect(ptp.store.state.registration).toBeNull();
      expect(await partnerOf(simulator, partnerId)).toMatchObject({ status: 'UNREGISTERED', tokens: [] });
      const silent = pushed();
      const [point] = simulator.backEnd.network.all;
      if (!point) throw new Error('the network is empty');
      simulator.backEnd.setStatus(point, 'OUTOFORDER');
      await waitUntil(
        async () => {
          const path = `/locations/${point.party.country_code}/${point.party.party_id}/${point.locationId}`;
          return JSON.stringify(await operator.get(path)).includes('OUTOFORDER');
        },
        { describe: 'the platform to know of the change' },
      );
      expect(pushed()).toBe(silent);
      simulator.backEnd.setStatus(point, 'AVAILABLE');

      await registerFromPlatform(simulator, { partnerId, version: '2.3.0' });
      expect(await partnerOf(simulator, partnerId)).toMatchObject({ status: 'REGISTERED', version: '2.3.0' });

      await ptp.credentials.unregister();
      expect(await partnerOf(simulator, partnerId)).toMatchObject({ status: 'UNREGISTERED' });
      const reissued = asObject(await operator.post(`/partners/${partnerId}/token-a`, {}));
      await ptp.credentials.register(textOf(reissued, 'versionsUrl') ?? '', textOf(reissued, 'tokenA') ?? '', '2.2.1');
      expect(new Set(await statusOfModules(simulator))).toEqual(new Set(MODULES.map((name) => `${name} known`)));
      const played = await playCharge(simulator, { minutes: 2 });
      expect(played.version).toBe('2.2.1');
      await expectSettledOnce(simulator, played.charge.authorizationReference);
    });

    it('are refused to a provider that answers with what it should not, and the connection stays as it is', async () => {
      const before = await partnerOf(simulator, partnerId);
      for (const kind of ['flood', 'redirect', 'wrong-json', 'other-version'] as const) {
        simulator.misbehaviours.add({ kind, route: 'details' });
        await expect(rotate()).rejects.toThrow('HTTP 502');
        simulator.misbehaviours.add({ kind, route: 'details' });
        await expect(simulator.ptp.credentials.rotate()).rejects.toThrow('OCPI 3001');
      }
      const { tokens, updatedAt, ...after } = await partnerOf(simulator, partnerId);
      expect(before).toMatchObject(after);
      await simulator.ptp.mirror.crawl('tariffs');
      expect(simulator.ptp.log.complaints).toEqual([]);
      const [last] = await history(simulator, partnerId);
      expect(last).toMatchObject({ by: 'partner', outcome: 'refused', code: 'partner_unreachable' });
    });
  });
}
