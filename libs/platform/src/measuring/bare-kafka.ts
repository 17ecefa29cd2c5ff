import type { KafkaSettings } from '../production/index.js';
import { openKafka } from '../production/kafka/client.js';
import type { Logger } from '../telemetry/logger.js';

export interface BareMessage {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** The library by itself: its producer and its consumer with the settings that it has, and nothing of ours around them. */
export interface BareKafka {
  /** One request; resolves when all replicas have the messages. */
  send(topic: string, messages: readonly BareMessage[]): Promise<void>;
  /** Consumes until `close`, from the oldest message; what the library commits, and when, is its own affair. */
  consume(topic: string, group: string, handle: (values: readonly string[]) => void): Promise<void>;
  close(): Promise<void>;
}

/** Connects at once. Topics and groups carry the prefix of the settings. */
export async function openBareKafka(settings: KafkaSettings, logger: Logger): Promise<BareKafka> {
  const kafka = openKafka(settings, logger);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const closing = [() => producer.disconnect()];
  return {
    async send(topic, messages) {
      await producer.send({
        topic: settings.prefix + topic,
        messages: messages.map(({ key, headers, value }) => ({ key, headers: { ...headers }, value })),
      });
    },
    async consume(topic, group, handle) {
      const consumer = kafka.consumer({ groupId: settings.prefix + group });
      closing.push(() => consumer.disconnect());
      const joined = Promise.withResolvers<void>();
      consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
      await consumer.connect();
      await consumer.subscribe({ topics: [settings.prefix + topic], fromBeginning: true });
      await consumer.run({
        eachBatch: async ({ batch }) => handle(batch.messages.map(({ value }) => value?.toString('utf8') ?? '')),
      });
      await joined.promise;
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}
