import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { BatchOutcome, BusRecord, ConsumedRecord, EventBus, SubscriptionOptions } from '../messaging/event-bus.js';
import { waitUntil } from './wait-until.js';

/** In what adapters may differ. */
export interface EventBusFeatures {
  /** `ensureTopics` of an existing topic with another setting is refused for these settings. */
  readonly refuses: readonly ('partitions' | 'compacted')[];
  /** Offsets of a partition have no gaps. */
  readonly gapless: boolean;
}

export interface EventBusUnderTest {
  readonly features: EventBusFeatures;
  /** Another member of the same log, as another process would have it. The suite closes it. */
  open(): Promise<EventBus>;
}

/** What every adapter of `EventBus` promises. Topics and groups are new in each test; the log may hold others. */
export function eventBusContract(name: string, makeBus: () => Promise<EventBusUnderTest>): void {
  describe(`${name} as an event bus`, () => {
    const opened: EventBus[] = [];

    async function open(): Promise<EventBus> {
      const bus = await (await makeBus()).open();
      opened.push(bus);
      return bus;
    }

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
    });

    async function newTopic(bus: EventBus, partitions = 4): Promise<string> {
      const topic = `contract.${randomUUID()}`;
      await bus.ensureTopics([{ topic, partitions, compacted: false }]);
      return topic;
    }

    it('hands records over as they were published: key, headers, value, tombstone', async () => {
      const bus = await open();
      const topic = await newTopic(bus);
      const published: BusRecord[] = [
        {
          topic,
          key: 'DE*VLT*1',
          headers: { event: 'x', note: 'größer' },
          value: '{"text":"{a,\\"b\\"} \\\\ é \\u0000"}',
        },
        { topic, key: 'DE*VLT*1', headers: {}, value: null },
        { topic, key: '', headers: { empty: '' }, value: '""' },
      ];
      await bus.publish(published);
      const reader = collector(topic);
      await bus.subscribe(reader.options);
      await waitUntil(() => reader.records.length === 3, { describe: 'three records' });
      const seen = reader.records.map(({ partition: _partition, offset: _offset, ...record }) => record);
      expect(seen.toSorted(byKey)).toEqual(published.toSorted(byKey));
    });

    it('makes topics once, and names both settings when they differ', async () => {
      const bus = await open();
      const { features } = await makeBus();
      const topic = await newTopic(bus, 3);
      const again = { topic: `contract.${randomUUID()}`, partitions: 3, compacted: false };
      await bus.ensureTopics([{ ...again, topic }, again, again]);
      if (features.refuses.includes('partitions')) {
        await expect(bus.ensureTopics([{ topic, partitions: 5, compacted: false }])).rejects.toThrow(
          /3 partitions.*5 partitions/,
        );
      }
      if (features.refuses.includes('compacted')) {
        await expect(bus.ensureTopics([{ topic, partitions: 3, compacted: true }])).rejects.toThrow(/compacted/);
      }
    });

    it('keeps the order per key under concurrent publishers on two members', async () => {
      const buses = await Promise.all([open(), open()]);
      const [bus] = buses;
      const topic = await newTopic(bus);
      const reader = collector(topic);
      await bus.subscribe(reader.options);
      const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
      const writers = keys.map(async (key, index) => {
        for (let step = 0; step < 30; step += 3) {
          const records = [step, step + 1, step + 2].map((value) => record(topic, key, String(value)));
          await buses[index % 2]?.publish(records);
        }
      });
      await Promise.all(writers);
      await waitUntil(() => reader.records.length >= 360, { describe: '360 records' });
      for (const key of keys) {
        expect(reader.valuesOf(key)).toEqual(Array.from({ length: 30 }, (_, value) => String(value)));
      }
      const partitions = Map.groupBy(reader.records, ({ partition }) => partition);
      expect(partitions.size).toBeGreaterThan(1);
      const { features } = await makeBus();
      for (const records of partitions.values()) {
        const offsets = records.map(({ offset }) => Number(offset));
        expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
        if (features.gapless) expect(offsets).toEqual(offsets.map((_, index) => index));
      }
    });

    it('gives every group everything, also one that comes late, and goes on where a group stood', async () => {
      const bus = await open();
      const topic = await newTopic(bus);
      await bus.publish(sequence(topic, 0, 50));
      const first = collector(topic);
      const second = collector(topic);
      const subscription = await bus.subscribe(first.options);
      await bus.subscribe(second.options);
      await waitUntil(() => first.records.length === 50 && second.records.length === 50, { describe: 'both groups' });

      await subscription.close();
      await bus.publish(sequence(topic, 50, 60));
      const successor = collector(topic, { group: first.options.group });
      await (await open()).subscribe(successor.options);
      await waitUntil(() => successor.records.length === 10, { describe: 'the rest' });
      expect(successor.records.map(({ value }) => Number(value)).toSorted((one, other) => one - other)[0]).toBe(50);
      await waitUntil(async () => (await bus.lag(first.options.group)) === 0, { describe: 'no lag' });
    });

    it('repeats from the first unsettled record, and lets the other partitions go on meanwhile', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 8);
      const attempts: string[][] = [];
      let broken = true;
      const reader = collector(topic, {}, (records) => {
        const bad = records.findIndex(({ value }) => value === 'bad');
        if (bad === -1) return { settled: records.length };
        attempts.push(records.map(({ value }) => value ?? ''));
        return broken ? { settled: bad, retryAfterMs: 50 } : { settled: records.length };
      });
      await bus.publish(['a', 'bad', 'c'].map((value) => record(topic, 'stuck', value)));
      await bus.subscribe(reader.options);
      await waitUntil(() => attempts.length >= 3, { describe: 'three attempts' });
      await bus.publish(sequence(topic, 0, 40));
      const own = (value: string | null) => value !== null && /^\d+$/.test(value);
      await waitUntil(() => reader.records.filter(({ value }) => own(value)).length >= 25, {
        describe: 'most of the others',
      });
      expect(await bus.lag(reader.options.group)).toBeGreaterThanOrEqual(2);
      broken = false;
      await waitUntil(async () => (await bus.lag(reader.options.group)) === 0, { describe: 'no lag' });
      expect(attempts.slice(1).every(([first]) => first === 'bad')).toBe(true);
      expect(reader.valuesOf('stuck').slice(-2)).toEqual(['bad', 'c']);
    });

    it('never handles one partition twice at once, nor more partitions than allowed', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 6);
      const busy = new Set<number>();
      let most = 0;
      let overlaps = 0;
      // A group that is formed anew may be handed some of them again; each of them counts once.
      const handled = new Set<string>();
      await bus.publish(sequence(topic, 0, 300));
      await bus.subscribe({
        group: randomUUID(),
        topics: [topic],
        batchSize: 5,
        concurrency: 2,
        async handleBatch(records) {
          const partition = records[0]?.partition ?? -1;
          if (busy.has(partition)) overlaps += 1;
          busy.add(partition);
          most = Math.max(most, busy.size);
          await new Promise((resolve) => setImmediate(resolve));
          busy.delete(partition);
          for (const { value } of records) handled.add(String(value));
          return { settled: records.length };
        },
      });
      await waitUntil(() => handled.size >= 300, { describe: 'all records' });
      expect({ overlaps, withinLimit: most <= 2 }).toEqual({ overlaps: 0, withinLimit: true });
    });

    it('shares partitions fairly with a newcomer and takes them back when it leaves', async () => {
      const buses = await Promise.all([open(), open()]);
      const topic = await newTopic(buses[0], 6);
      const group = randomUUID();
      const one = collector(topic, { group });
      const two = collector(topic, { group });
      await buses[0].subscribe(one.options);
      const newcomer = await buses[1].subscribe(two.options);
      let step = 0;
      const spread = async (): Promise<[number, number]> => {
        const round = sequence(topic, step, step + 60);
        step += 60;
        await buses[0].publish(round);
        // What a round before may be handed out again: only this one counts.
        const values = new Set(round.map(({ value }) => value));
        const seen = () => [one, two].map(({ records }) => records.filter(({ value }) => values.has(value)));
        await waitUntil(
          () =>
            new Set(
              seen()
                .flat()
                .map(({ value }) => value),
            ).size === values.size,
          {
            describe: 'a round of records',
          },
        );
        const [first = [], second = []] = seen();
        return [partitionsOf(first), partitionsOf(second)];
      };
      await waitUntil(async () => (await spread()).join() === '3,3', { describe: 'three partitions each' });
      await newcomer.close();
      expect((await spread()).join()).toBe('6,0');
    });

    it('reads a topic from its beginning to its end, beside the groups that consume it', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 3);
      await bus.publish(sequence(topic, 0, 1200));
      const reader = collector(topic);
      await bus.subscribe(reader.options);
      await waitUntil(() => reader.records.length >= 1200, { describe: 'the group' });
      await bus.publish(sequence(topic, 1200, 1250));
      const read: ConsumedRecord[] = [];
      const remaining: number[] = [];
      const other = await open();
      await other.readToEnd(topic, {
        handleBatch: async (records, left) => {
          expect(partitionsOf(records)).toBe(1);
          read.push(...records);
          remaining.push(left);
        },
      });
      expect(read.map(({ value }) => Number(value)).toSorted((one, next) => one - next)).toEqual(
        Array.from({ length: 1250 }, (_, value) => value),
      );
      for (const records of Map.groupBy(read, ({ partition }) => partition).values()) {
        const offsets = records.map(({ offset }) => Number(offset));
        expect(offsets).toEqual(offsets.toSorted((one, next) => one - next));
      }
      expect(remaining).toEqual(remaining.toSorted((one, next) => next - one));
      expect(remaining.at(-1)).toBe(0);
      await other.readToEnd(await newTopic(bus), {
        handleBatch: async () => {
          throw new Error('an empty topic has no batch');
        },
      });
    });

    it('stops reading a topic when it is told to, or when the reader fails', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 2);
      await bus.publish(sequence(topic, 0, 40));
      const failing = bus.readToEnd(topic, {
        handleBatch: async () => {
          throw new Error('the reader broke');
        },
      });
      await expect(failing).rejects.toThrow('the reader broke');
      const abort = new AbortController();
      const batches: number[] = [];
      const aborted = bus.readToEnd(topic, {
        signal: abort.signal,
        handleBatch: async (records) => {
          batches.push(records.length);
          abort.abort(new Error('no longer wanted'));
        },
      });
      await expect(aborted).rejects.toThrow('no longer wanted');
      expect(batches.length).toBe(1);
      await expect(bus.readToEnd(`contract.${randomUUID()}`, { handleBatch: async () => undefined })).rejects.toThrow(
        /does not exist/,
      );
    });

    it('describes the topics that exist, and tells the lag of one', async () => {
      const bus = await open();
      const plain = await newTopic(bus, 3);
      const kept = `contract.${randomUUID()}`;
      const definition = { topic: kept, partitions: 2, compacted: false, retentionMs: 86_400_000 };
      const compacted = { topic: `contract.${randomUUID()}`, partitions: 1, compacted: true };
      await bus.ensureTopics([definition, compacted]);
      const found = await bus.describeTopics([plain, kept, compacted.topic, 'contract.missing']);
      expect(found.get(plain)).toMatchObject({ topic: plain, partitions: 3, compacted: false });
      expect(found.get(kept)).toEqual(definition);
      expect(found.get(compacted.topic)).toMatchObject(compacted);
      expect(found.has('contract.missing')).toBe(false);
      const group = randomUUID();
      const reader = collector(plain, { group, topics: [plain, kept] }, (records) =>
        records[0]?.topic === kept ? { settled: 0, retryAfterMs: 50 } : { settled: records.length },
      );
      await bus.subscribe(reader.options);
      await bus.publish([...sequence(plain, 0, 5), ...sequence(kept, 0, 7)]);
      await waitUntil(async () => (await bus.lag(group, plain)) === 0 && (await bus.lag(group)) === 7, {
        describe: 'the lag of the other topic alone',
      });
      expect(await bus.lag(group, kept)).toBe(7);
    });

    it('says whether a group has what a topic held at a moment, whatever came after it', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 4);
      await bus.publish(sequence(topic, 0, 20));
      const end = await bus.endOf(topic);
      expect([...end.values()].reduce((sum, offset) => sum + offset, 0n)).toBe(20n);
      const gate = Promise.withResolvers<void>();
      let held = true;
      const reader = collector(topic, {}, (records) => {
        const kept = records.findIndex(({ value }) => held && value === 'kept');
        return kept === -1 ? { settled: records.length } : { settled: kept, retryAfterMs: 20 };
      });
      const { group } = reader.options;
      expect(await bus.hasReached(group, topic, end)).toBe(false);
      await bus.subscribe({
        ...reader.options,
        handleBatch: async (records) => {
          await gate.promise;
          return reader.options.handleBatch(records);
        },
      });
      expect(await bus.hasReached(group, topic, end)).toBe(false);
      gate.resolve();
      await waitUntil(() => bus.hasReached(group, topic, end), { describe: 'what the topic held then' });
      await bus.publish([record(topic, 'later', 'kept')]);
      const later = await bus.endOf(topic);
      expect(await bus.hasReached(group, topic, end)).toBe(true);
      expect(await bus.hasReached(group, topic, later)).toBe(false);
      held = false;
      await waitUntil(() => bus.hasReached(group, topic, later), { describe: 'what came later' });
      await expect(bus.endOf('contract.missing')).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('waits on close for what is being handled, and commits it', async () => {
      const bus = await open();
      const topic = await newTopic(bus, 1);
      await bus.publish([record(topic, 'k', '1')]);
      const gate = Promise.withResolvers<void>();
      let started = false;
      const subscription = await bus.subscribe({
        group: 'closing'.concat(topic),
        topics: [topic],
        async handleBatch(records) {
          started = true;
          await gate.promise;
          return { settled: records.length };
        },
      });
      await waitUntil(() => started, { describe: 'the handler' });
      const closing = subscription.close();
      gate.resolve();
      await closing;
      expect(await bus.lag('closing'.concat(topic))).toBe(0);
    });
  });
}

function record(topic: string, key: string, value: string): BusRecord {
  return { topic, key, headers: {}, value };
}

function sequence(topic: string, from: number, to: number): BusRecord[] {
  return Array.from({ length: to - from }, (_, index) => record(topic, `key-${index}`, String(from + index)));
}

function byKey(one: BusRecord, other: BusRecord): number {
  return one.key.localeCompare(other.key);
}

function partitionsOf(records: readonly ConsumedRecord[]): number {
  return new Set(records.map(({ partition }) => partition)).size;
}

/** A subscription that keeps everything that it settled. */
function collector(
  topic: string,
  options: Partial<SubscriptionOptions> = {},
  decide: (records: readonly ConsumedRecord[]) => BatchOutcome = (records) => ({ settled: records.length }),
): { options: SubscriptionOptions; records: ConsumedRecord[]; valuesOf(key: string): (string | null)[] } {
  const records: ConsumedRecord[] = [];
  return {
    records,
    valuesOf: (key) => records.filter((one) => one.key === key).map(({ value }) => value),
    options: {
      group: randomUUID(),
      topics: [topic],
      ...options,
      async handleBatch(batch) {
        const outcome = decide(batch);
        records.push(...batch.slice(0, outcome.settled));
        return outcome;
      },
    },
  };
}
