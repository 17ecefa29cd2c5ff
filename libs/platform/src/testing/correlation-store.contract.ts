import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CorrelationStore } from '../correlation/correlation-store.js';
import { waitUntil } from './wait-until.js';

/** What every adapter of `CorrelationStore` promises. */
export function correlationStoreContract(name: string, makeStore: () => Promise<CorrelationStore>): void {
  describe(`${name} as a correlation store`, () => {
    let replicas: CorrelationStore[];
    let id: string;

    beforeEach(async () => {
      replicas = await Promise.all([makeStore(), makeStore()]);
      id = randomUUID();
    });

    afterEach(async () => {
      await Promise.all(replicas.map((store) => store.close()));
    });

    function replica(index: 0 | 1): CorrelationStore {
      const store = replicas[index];
      if (store === undefined) throw new Error('The suite has two replicas.');
      return store;
    }

    it('shows every replica what one of them opened, until it is removed', async () => {
      expect(await replica(1).find(id)).toBeNull();
      await replica(0).open(id, 'https://ptp.example/response/1', 60_000);
      expect(await replica(1).find(id)).toBe('https://ptp.example/response/1');
      await replica(0).open(id, 'other', 60_000);
      expect(await replica(1).find(id)).toBe('other');
      await replica(1).remove(id);
      expect(await replica(0).find(id)).toBeNull();
    });

    it('gives a claim to one of many, who may repeat it', async () => {
      await replica(0).open(id, 'value', 60_000);
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      const outcomes = await Promise.all(
        owners.map((owner, index) => replica(index % 2 === 0 ? 0 : 1).claim(id, owner, 60_000)),
      );
      const winners = owners.filter((_, index) => outcomes[index]?.claimed);
      expect(winners).toHaveLength(1);
      const [winner = ''] = winners;
      expect(await replica(1).claim(id, winner, 60_000)).toEqual({ claimed: true, value: 'value' });
      expect(await replica(0).claim(id, 'late', 60_000)).toEqual({ claimed: false, holder: winner });
    });

    it('lets a claim be taken of an entry that it does not know', async () => {
      expect(await replica(0).claim(id, 'me', 60_000)).toEqual({ claimed: true, value: null });
      expect(await replica(1).claim(id, 'you', 60_000)).toEqual({ claimed: false, holder: 'me' });
    });

    it('forgets values and claims when their time is over', async () => {
      await replica(0).open(id, 'short', 40);
      await waitUntil(async () => (await replica(1).find(id)) === null, { describe: 'the end of the value' });
      expect(await replica(0).claim(id, 'me', 40)).toEqual({ claimed: true, value: null });
      await waitUntil(async () => (await replica(1).claim(id, 'you', 60_000)).claimed, {
        describe: 'the end of the claim',
      });
    });

    it('forgets the claim with the entry', async () => {
      await replica(0).claim(id, 'me', 60_000);
      await replica(0).remove(id);
      expect((await replica(1).claim(id, 'you', 60_000)).claimed).toBe(true);
    });

    it('hands what is notified on one replica to all that wait on others, and to those who come later', async () => {
      const before = [replica(0).wait(id, 60_000), replica(1).wait(id, 60_000), replica(1).wait(id, 60_000)];
      await replica(0).notify(id, 'done', 60_000);
      expect(await Promise.all(before)).toEqual(['done', 'done', 'done']);
      expect(await replica(1).wait(id, 60_000)).toBe('done');
      expect(await replica(1).wait(id, 0)).toBe('done');
      expect(await replica(1).find(id)).toBeNull();
    });

    it('ends a wait for nothing when its time is over, and for other ids not before', async () => {
      expect(await replica(0).wait(id, 60)).toBeNull();
      const waiting = replica(1).wait(id, 60_000);
      await replica(0).notify(randomUUID(), 'other', 60_000);
      await replica(0).notify(id, 'mine', 60_000);
      expect(await waiting).toBe('mine');
    });

    it('ends a wait of which nobody wants to know any more, and those of a store that is closed', async () => {
      const leaving = new AbortController();
      const aborted = replica(0).wait(id, 60_000, leaving.signal);
      leaving.abort();
      expect(await aborted).toBeNull();
      expect(await replica(0).wait(id, 60_000, leaving.signal)).toBeNull();
      const closing = replica(1).wait(id, 60_000);
      await replica(1).close();
      expect(await closing).toBeNull();
      expect(await replica(1).wait(id, 60_000)).toBeNull();
    });

    it('forgets what was notified when its time is over', async () => {
      await replica(0).notify(id, 'short', 40);
      await waitUntil(async () => (await replica(1).wait(id, 0)) === null, { describe: 'the end of the answer' });
    });
  });
}
