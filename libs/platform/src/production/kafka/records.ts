import type { BusRecord, ConsumedRecord } from '../../messaging/event-bus.js';
import type { Logger } from '../../telemetry/logger.js';
import { type Batch, HEARTBEAT_MS, type KafkaMessage, type Message } from './client.js';

/** Brokers refuse a batch above 1 MB by default, and one partition's records of one send are one batch. */
const SEND_BYTES = 640 * 1024;

/** Stays a member while a handler works for longer than a session. */
export async function beating<Result>(
  heartbeat: () => Promise<void>,
  logger: Logger,
  work: () => Promise<Result>,
): Promise<Result> {
  const beat = setInterval(() => {
    // A failure shows again at the commit, where kafkajs deals with it.
    heartbeat().catch((error: unknown) => logger.debug({ error }, 'a heartbeat beside a handler failed'));
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

export function toRecord(prefix: string, batch: Batch, message: KafkaMessage): ConsumedRecord {
  return {
    topic: batch.topic.slice(prefix.length),
    partition: batch.partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? '',
    value: message.value?.toString('utf8') ?? null,
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [
        name,
        String(Array.isArray(value) ? value.at(-1) : (value ?? '')),
      ]),
    ),
  };
}

export function toMessage({ key, value, headers }: BusRecord): Message {
  return { key, value, headers: { ...headers } };
}

/** In their order, in parts that a broker takes. */
export function* portions(records: readonly BusRecord[]): Generator<BusRecord[]> {
  let part: BusRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(record.value ?? '') + Buffer.byteLength(record.key) + 256;
    if (part.length > 0 && bytes + size > SEND_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
