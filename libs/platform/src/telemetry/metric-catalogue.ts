interface MetricEntry {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** UCUM, as OpenTelemetry writes units. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
  /** Upper bounds in seconds, where those of handlers do not fit. */
  readonly buckets?: readonly number[];
}

const UNRECONCILED = [
  'voltap.currency',
  'voltap.reconciliation.state',
  'voltap.reconciliation.cause',
  'voltap.age',
] as const;
/** What drivers and partners wait for: from a moment to two minutes. */
const WAITED = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120];
/** What a partner waits for; two seconds, by which the alert judges, is a bound, since a quantile between two is a guess. */
const SERVED = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
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
  'voltap.cdrs.back_end': {
    kind: 'gauge',
    unit: '{cdr}',
    description: 'CDRs that back-ends handed in, by how they compare with ours, and by the cause where they differ',
    attributes: ['voltap.cdr.comparison', 'voltap.cdr.cause'],
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
  'voltap.requests': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests of partners at the public gateway; status codes of HTTP and, where there is one, of OCPI',
    attributes: ['voltap.partner.id', 'voltap.module', 'http.response.status_code', 'voltap.ocpi.status_code'],
  },
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time until a partner had its answer',
    attributes: ['voltap.module'],
    buckets: SERVED,
  },
  'voltap.partner.calls': {
    kind: 'counter',
    unit: '{request}',
    description:
      'Requests to partners for whose answer a service waits, by what came of them: success, refused, unreachable, withheld (nothing was sent)',
    attributes: ['voltap.partner.id', 'voltap.operation', 'voltap.outcome'],
  },
  'http.client.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that a partner took to answer, or we to give it up',
    attributes: ['voltap.partner.id'],
    buckets: WAITED,
  },
  'voltap.commands.outcomes': {
    kind: 'counter',
    unit: '{command}',
    description: 'Outcomes of commands, by who decided: BACK_END, SESSION, DEADLINE or PLATFORM',
    attributes: ['voltap.command.type', 'voltap.result', 'voltap.decided_by'],
  },
  'voltap.commands.time_to_result': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the promise of a command to its outcome',
    attributes: ['voltap.command.type'],
    buckets: WAITED,
  },
  'voltap.starts.recent': {
    kind: 'gauge',
    unit: '{command}',
    description:
      'Starts of the last day at the 20 EVSEs with the most failed ones, by outcome: accepted, failed. A terminal serves a few EVSEs: `voltap terminals` names them',
    attributes: ['voltap.partner.id', 'voltap.location.id', 'voltap.evse.uid', 'voltap.outcome'],
  },
  'voltap.starts.repeated': {
    kind: 'gauge',
    unit: '{evse}',
    description: 'EVSEs at which three or more starts with different references were accepted within ten minutes',
    attributes: [],
  },
  'voltap.deliveries.open': {
    kind: 'gauge',
    unit: '{delivery}',
    description: 'Deliveries that a partner has not taken yet',
    attributes: ['voltap.partner.id', 'voltap.delivery.kind'],
  },
  'voltap.deliveries.oldest.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest of them, since it is to be sent',
    attributes: ['voltap.partner.id', 'voltap.delivery.kind'],
  },
  'voltap.deliveries.given_up': {
    kind: 'gauge',
    unit: '{delivery}',
    description: 'Deliveries that were tried for too long, or that a partner refuses for good; an operator decides',
    attributes: ['voltap.partner.id', 'voltap.delivery.kind', 'voltap.outcome'],
  },
  'voltap.deliveries.attempts': {
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts of deliveries, by what came of them; their number above that of deliveries is repetition',
    attributes: ['voltap.partner.id', 'voltap.delivery.kind', 'voltap.outcome'],
  },
  'voltap.deliveries.breaker': {
    kind: 'gauge',
    unit: '1',
    description: '1 while a partner that does not answer is spared: it gets only probes',
    attributes: ['voltap.partner.id'],
  },
  'voltap.deliveries.held': {
    kind: 'gauge',
    unit: '1',
    description: '1 while an operator has paused the deliveries to a partner',
    attributes: ['voltap.partner.id'],
  },
  'voltap.partners.token.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'Time since the token was issued with which a partner calls us; the specification advises a new one each month',
    attributes: ['voltap.partner.id'],
  },
  'voltap.terminals.silent': {
    kind: 'gauge',
    unit: '{terminal}',
    description: 'Terminals at whose EVSEs cars charge, and for a week nobody who paid by card',
    attributes: ['voltap.partner.id'],
  },
  'voltap.partners.certificate.remaining': {
    kind: 'gauge',
    unit: 's',
    description:
      "Time until the first of a partner's certificates ends, as its last connections showed them; absent for partners without TLS",
    attributes: ['voltap.partner.id'],
  },
  'voltap.locations.known': {
    kind: 'gauge',
    unit: '{location}',
    description: 'Locations that are not removed',
    attributes: [],
  },
  'voltap.locations.evses.removed': {
    kind: 'counter',
    unit: '{evse}',
    description: 'EVSEs that an import no longer had, or called REMOVED',
    attributes: [],
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;
export type MetricOfKind<Kind extends MetricEntry['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
