interface MetricEntry {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** UCUM, as OpenTelemetry writes units. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

const UNRECONCILED = [
  'voltap.currency',
  'voltap.reconciliation.state',
  'voltap.reconciliation.cause',
  'voltap.age',
] as const;
const CONSUMED = ['messaging.destination.name', 'messaging.consumer.group.name'] as const;

/**
 * Every metric of a service. Names and attributes are those of OpenTelemetry's conventions for messaging where it has some;
 * what it has no name for is `voltap.*`. docs/metrics.md is written from here.
 */
export const METRICS = {
  'messaging.client.sent.messages': {
    kind: 'counter',
    unit: '{message}',
    description:
      'Events that the relay moved from the outbox to the log; error.type: batches that the log did not take',
    attributes: ['messaging.destination.name', 'error.type'],
  },
  'messaging.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that the log took to acknowledge a batch of the relay',
    attributes: ['messaging.operation.name', 'error.type'],
  },
  'messaging.client.consumed.messages': {
    kind: 'counter',
    unit: '{message}',
    description: 'Events that were settled: their effect is committed, or they were duplicates, parked or set aside',
    attributes: CONSUMED,
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time of one transaction over events of a topic, up to its commit; error.type when it was rolled back',
    attributes: [...CONSUMED, 'error.type'],
  },
  'voltap.inbox.retries': {
    kind: 'counter',
    unit: '{event}',
    description: 'Handlings that failed and will be repeated',
    attributes: [...CONSUMED, 'error.type'],
  },
  'voltap.inbox.set_aside': {
    kind: 'counter',
    unit: '{event}',
    description: 'Events that were set aside; kind state: dead-lettered, kind money: their key is parked',
    attributes: [...CONSUMED, 'voltap.event.kind'],
  },
  'voltap.inbox.waiting': {
    kind: 'gauge',
    unit: '1',
    description:
      '1 while consumption waits for a part of ours that is away, read-only or full; nothing is set aside meanwhile',
    attributes: ['messaging.consumer.group.name'],
  },
  'voltap.consumer.lag': {
    kind: 'gauge',
    unit: '{event}',
    description: 'Events of a topic that the group has not committed yet',
    attributes: CONSUMED,
  },
  'voltap.outbox.backlog': {
    kind: 'gauge',
    unit: '{event}',
    description: 'Committed events that the log does not have yet',
    attributes: [],
  },
  'voltap.outbox.oldest.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest event in the outbox; 0 when it is empty',
    attributes: [],
  },
  'voltap.set_aside.waiting': {
    kind: 'gauge',
    unit: '{event}',
    description: 'Events set aside that wait for a replay or a discard',
    attributes: ['messaging.destination.name', 'voltap.event.kind'],
  },
  'voltap.set_aside.parked_keys': {
    kind: 'gauge',
    unit: '{key}',
    description: 'Keys whose events are held back behind one that failed',
    attributes: ['messaging.destination.name'],
  },
  'voltap.set_aside.replays': {
    kind: 'counter',
    unit: '{event}',
    description: 'Replays of events that were set aside, by outcome: replayed or failed',
    attributes: ['messaging.destination.name', 'voltap.outcome'],
  },
  'voltap.job.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Runs of a job and their time; error.type when a run failed',
    attributes: ['voltap.job.name', 'error.type'],
  },
  'voltap.sessions.unbound': {
    kind: 'gauge',
    unit: '{report}',
    description: 'Reports that are no sessions; waiting: for their command, contested: another session has their start',
    attributes: ['voltap.reason'],
  },
  'voltap.sessions.unbound.forgotten': {
    kind: 'counter',
    unit: '{report}',
    description: 'Reports that never became sessions and were forgotten by age',
    attributes: ['voltap.reason'],
  },
  'voltap.commands.orphans': {
    kind: 'counter',
    unit: '{charge}',
    description: 'Charges that began although the partner had been told that the start failed, by what becomes of them',
    attributes: ['voltap.orphan.policy'],
  },
  'voltap.reconciliation.charges': {
    kind: 'gauge',
    unit: '{charge}',
    description: 'Charges whose money does not agree yet; age: since they ought to have gone on',
    attributes: UNRECONCILED,
  },
  'voltap.reconciliation.open': {
    kind: 'gauge',
    unit: '1',
    description: 'Of these charges, billed less captured less written off, in units of the currency',
    attributes: UNRECONCILED,
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;
export type MetricOfKind<Kind extends MetricEntry['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
