import { describe, expect, it } from '@jest/globals';
import { ConsumerLag, type EventBus } from '@voltap/platform/messaging';
import { createLogger, Metrics } from '@voltap/platform/telemetry';
import { waitUntil } from '@voltap/platform/testing';

const logger = createLogger({ level: 'silent', service: 'test' });

/** Of an event bus, what is asked for the lag: it answers when the test does. */
class AskedBus {
  readonly asked: { topic: string; answer(lag: number): void; fail(error: Error): void }[] = [];

  lag(_group: string, topic: string): Promise<number> {
    return new Promise((answer, fail) => this.asked.push({ topic, answer, fail }));
  }

  last(topic: string) {
    return this.asked.findLast((each) => each.topic === topic);
  }
}

describe('the lag of a consumer', () => {
  it('is told by /metrics without waiting for a topic that is missing, which is asked for once at a time', async () => {
    const bus = new AskedBus();
    const metrics = new Metrics('cdrs', logger);
    const lag = new ConsumerLag(bus as unknown as EventBus, 'cdrs', ['there', 'missing'], logger);
    metrics.observe(['voltap.consumer.lag'], () => lag.observe());
    const lines = async (): Promise<readonly string[]> =>
      (await metrics.expose()).match(/^voltap_consumer_lag\{.*/gm) ?? [];
    const of = (topic: string, value: number) =>
      `voltap_consumer_lag{messaging_destination_name="${topic}",messaging_consumer_group_name="cdrs",service_name="cdrs"} ${value}`;

    // Nothing answers, and nothing is known.
    expect(await lines()).toEqual([]);
    bus.last('there')?.answer(3);
    await waitUntil(async () => (await lines()).includes(of('there', 3)), { describe: 'the answer to be told' });
    // The other topic never answered, and was not asked again; what is known is told on while nobody answers.
    expect(await lines()).toEqual([of('there', 3)]);
    expect(bus.asked.filter(({ topic }) => topic === 'missing')).toHaveLength(1);

    bus.last('missing')?.fail(new Error('it does not exist'));
    await waitUntil(
      async () => {
        await lines();
        return bus.asked.filter(({ topic }) => topic === 'missing').length === 2;
      },
      { describe: 'the topic to be asked for again' },
    );
    bus.last('missing')?.answer(0);
    await waitUntil(async () => (await lines()).length === 2, { describe: 'both to be told' });
    expect(await lines()).toEqual([of('there', 3), of('missing', 0)]);
    await metrics.close();
  });
});
