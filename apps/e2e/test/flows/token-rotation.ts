import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { registerFromPlatform, type Simulator } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** Requests of the provider, as many as it can make, each with what is in force for it at that moment. */
class Load {
  readonly answers = new Map<number, number>();
  private running: Promise<void>[] = [];
  private ended = false;

  constructor(private readonly simulator: Simulator) {}

  begin(lanes: number): void {
    this.running = Array.from({ length: lanes }, () => this.lane());
  }

  get count(): number {
    return [...this.answers.values()].reduce((sum, each) => sum + each, 0);
  }

  async end(): Promise<ReadonlyMap<number, number>> {
    this.ended = true;
    await Promise.all(this.running);
    return this.answers;
  }

  private async lane(): Promise<void> {
    while (!this.ended) {
      const { status } = await ask(this.simulator);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    }
  }
}

/** One page of locations, by a connection of its own so that any replica may get it. */
async function ask({ ptp }: Simulator): Promise<{ status: number; code: number }> {
  const { ownToken, endpoints } = ptp.store.registration;
  const url = endpoints.find(({ identifier }) => identifier === 'locations')?.url;
  const response = await fetch(`${url}?limit=1`, {
    headers: { authorization: `Token ${Buffer.from(ownToken).toString('base64')}`, connection: 'close' },
  });
  const { status_code } = (await response.json()) as { status_code: number };
  return { status: response.status, code: status_code };
}

/** Tokens that change under load, over two replicas of who checks and of who makes them. */
export function tokenRotation(platform: PlatformWishes = {}): void {
  describe('with two replicas of the gateway and two of credentials', () => {
    let stage: Stage;
    let simulator: Simulator;
    let partnerId: string;
    beforeAll(async () => {
      const replicas = { gateway: 2, credentials: 2 };
      stage = await openStage({ platform: { processes: platform.stack === undefined, ...platform, replicas } });
      simulator = stage.simulator;
      partnerId = (await registerFromPlatform(simulator, { version: '2.2.1' })).partnerId ?? '';
    });
    afterAll(() => stage?.close());

    it('no request is refused while tokens are renewed and the version changes, from either side (CRED-10, CRED-31)', async () => {
      const { ptp, backEnd, operator } = simulator;
      const load = new Load(simulator);
      load.begin(6);
      const path = `/partners/${partnerId}/rotation`;
      const moves = [
        () => operator.post(path, {}, 60_000),
        () => ptp.credentials.rotate(),
        () => operator.post(path, { version: '2.3.0' }, 60_000),
        () => ptp.credentials.rotate('2.2.1'),
        () => ptp.credentials.rotate('2.3.0'),
        () => operator.post(path, { version: '2.2.1' }, 60_000),
      ];
      const point = backEnd.network.all[0];
      if (!point) throw new Error('the network is empty');
      for (const [index, move] of moves.entries()) {
        const before = load.count;
        await waitUntil(() => load.count > before + 20, { describe: 'requests before the move' });
        // What is pushed to the partner meanwhile must find its way too.
        backEnd.setStatus(point, index % 2 === 0 ? 'OUTOFORDER' : 'AVAILABLE');
        backEnd.tick();
        await move();
      }
      await waitUntil(() => load.count > 200, { describe: 'requests after the last move' });
      expect([...(await load.end()).keys()]).toEqual([200]);
      const known = () =>
        JSON.stringify([...ptp.store.locations.values()].find(({ id }) => id === point.locationId) ?? {});
      await ptp.mirror.crawl('locations');
      backEnd.setStatus(point, 'OUTOFORDER');
      backEnd.tick();
      await simulator.until('the last status to be pushed', () => known().includes('OUTOFORDER'));
      expect(ptp.log.complaints).toEqual([]);
    });

    it('a suspended partner is out, and a resumed one in, when the operator has the answer: at all replicas', async () => {
      const suspension = `/partners/${partnerId}/suspension`;
      for (let round = 0; round < 3; round += 1) {
        expect(asObject(await simulator.operator.put(suspension, { suspended: true })).status).toBe('SUSPENDED');
        const out = await Promise.all(Array.from({ length: 12 }, () => ask(simulator)));
        expect(new Set(out.map(({ status }) => status))).toEqual(new Set([401]));
        expect(asObject(await simulator.operator.put(suspension, { suspended: false })).status).toBe('REGISTERED');
        const back = await Promise.all(Array.from({ length: 12 }, () => ask(simulator)));
        expect(new Set(back.map(({ status }) => status))).toEqual(new Set([200]));
      }
    });

    it('a partner that is unregistered is out at all replicas, and the old tokens stay dead after the next registration (CRED-12)', async () => {
      const { ownToken, endpoints, ...rest } = simulator.ptp.store.registration;
      await simulator.operator.delete(`/partners/${partnerId}/registration`);
      simulator.ptp.store.register({ ownToken, endpoints, ...rest }, 0);
      const out = await Promise.all(Array.from({ length: 12 }, () => ask(simulator)));
      expect(new Set(out.map(({ status }) => status))).toEqual(new Set([401]));
      simulator.ptp.store.forget();
      await registerFromPlatform(simulator, { partnerId });
      expect((await ask(simulator)).status).toBe(200);
      const response = await fetch(endpoints[0]?.url ?? '', {
        headers: { authorization: `Token ${Buffer.from(ownToken).toString('base64')}` },
      });
      expect(response.status).toBe(401);
    });
  });
}
