import type { EventId } from '../ids/index.js';

/**
 * `state`: carries the whole state of one aggregate; a failed event goes to the dead-letter
 * topic, since the revision guard makes a late replay harmless. `money`: a fact that must arrive; a failed event parks
 * its key, so that nothing overtakes it.
 */
export type EventKind = 'state' | 'money';

/** One entry of the event catalogue: one event, one topic, one producer. Names are past tense. */
export interface EventDefinition<Payload> {
  readonly name: string;
  readonly version: number;
  readonly topic: string;
  readonly kind: EventKind;
  /** Whether the topic keeps only the newest record of a key. */
  readonly compacted: boolean;
  readonly producer: string;
  /** Permanent: a key keeps its partition for ever. */
  readonly partitions: number;
  /** How long a topic that is not compacted keeps its records, in days; undefined: as the log is set up. */
  readonly retentionDays?: number;
  /** What the key of a record is, in words, for the generated documents. */
  readonly keyedBy: string;
  /** The authorization reference in a payload, by which everything about one charge is found. */
  referenceOf?(payload: Payload): string | null | undefined;
  /** @throws when the value is no such payload. */
  readonly schema: { parse(value: unknown): Payload };
}

export type AnyEventDefinition = EventDefinition<unknown>;

/** An event as it travels: id for the inbox, revision of the aggregate for the guards of projections. */
export interface EventMessage<Payload> {
  readonly id: EventId;
  readonly name: string;
  readonly version: number;
  readonly key: string;
  /** Revision of the aggregate, given while its row was locked; a projection ignores what is not newer. */
  readonly revision: number;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly payload: Payload;
}

/** What a use case says happened; id and time are added by the outbox. */
export interface DomainEvent<Payload = unknown> {
  readonly definition: EventDefinition<Payload>;
  readonly key: string;
  readonly revision: number;
  readonly payload: Payload;
  /** Traceparent of the step that it tells of, where that is not the one which writes it down. */
  readonly causedBy?: string | undefined;
}

export function event<Payload>(
  definition: EventDefinition<Payload>,
  content: Omit<DomainEvent<Payload>, 'definition'>,
): DomainEvent<Payload> {
  return { definition, ...content };
}
