import { type DomainEvent, type EventDefinition, event } from '@voltap/kernel';

/** What the measured pair tells each other. */
export interface Measured {
  /** When its making began, in milliseconds since 1970. */
  readonly sentAt: number;
  /** As much as an ordinary event carries. */
  readonly padding: string;
}

export const PARTITIONS = 6;
const KEYS = 48;
const PADDING = 'x'.repeat(400);

export const measured: EventDefinition<Measured> = {
  name: 'bench.measured',
  version: 1,
  topic: 'bench-measured',
  kind: 'money',
  compacted: false,
  producer: 'writer',
  partitions: PARTITIONS,
  keyedBy: 'account',
  schema: {
    parse: (value) => {
      if (typeof (value as Measured).sentAt !== 'number') throw new Error('sentAt is no number');
      return value as Measured;
    },
  },
};
/** The topic of the bare pair. */
export const BARE_TOPIC = 'bench-bare';

export function measuredEvent(index: number): DomainEvent<Measured> {
  return event(measured, { key: keyOf(index), revision: index + 1, payload: { sentAt: now(), padding: PADDING } });
}

/** The same bytes as the record of an event, made by hand. */
export function bareMessage(index: number): { key: string; headers: Record<string, string>; value: string } {
  const key = keyOf(index);
  const value = JSON.stringify({
    id: '00000000-0000-7000-8000-000000000000',
    name: measured.name,
    version: measured.version,
    key,
    revision: index + 1,
    occurredAt: new Date().toISOString(),
    payload: { sentAt: now(), padding: PADDING },
  });
  return { key, headers: { event: measured.name }, value };
}

/** The clock of all processes of this machine, in milliseconds with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

function keyOf(index: number): string {
  return `account-${index % KEYS}`;
}
