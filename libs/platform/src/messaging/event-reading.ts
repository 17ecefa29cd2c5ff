import type { AnyEventDefinition, EventMessage } from '@voltap/kernel';
import type { BusRecord, ConsumedRecord } from './event-bus.js';

/** A record that says nothing we know; trying again will not change that. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

export interface ParsedRecord {
  readonly record: ConsumedRecord;
  readonly message: EventMessage<unknown>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The event in a record, its payload unchecked. @throws UnreadableEvent */
export function messageOf({ topic, value }: BusRecord): EventMessage<unknown> {
  if (value === null) throw new UnreadableEvent(`a tombstone on ${topic}, which has none`);
  try {
    const message = JSON.parse(value) as EventMessage<unknown> | null;
    if (typeof message?.id === 'string' && UUID.test(message.id)) return message;
  } catch (cause) {
    throw new UnreadableEvent(`not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw new UnreadableEvent('an event without a UUID as its id');
}

/** The payload as the catalogue describes it. @throws UnreadableEvent */
export function payloadOf({ name, schema }: AnyEventDefinition, message: EventMessage<unknown>): unknown {
  try {
    return schema.parse(message.payload);
  } catch (cause) {
    throw new UnreadableEvent(`no ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Id of the event in a record; null when it cannot be read. */
export function idOf(record: BusRecord): string | null {
  try {
    return messageOf(record).id;
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}
