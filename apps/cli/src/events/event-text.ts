import type { SetAsideEventDetails, SetAsideEventRecord } from '@voltap/contracts/back-office';
import { entries, table } from '../terminal.js';

/** An event that was set aside, with the service that keeps it. */
export type KeptEvent = SetAsideEventRecord & { readonly service: string };

const LONGEST_REASON = 100;

/** Events for people, the reason of each in a line of its own. */
export function eventsText(events: readonly KeptEvent[]): string {
  if (events.length === 0) return 'none';
  const [head = '', ...lines] = table(
    ['SERVICE', 'ID', 'KIND', 'STATE', 'SET ASIDE', 'REPLAYS', 'TOPIC', 'KEY'],
    events.map((event) => [
      event.service,
      event.id,
      event.kind,
      event.state,
      event.setAsideAt,
      String(event.attempts),
      event.topic,
      event.key,
    ]),
  ).split('\n');
  return [head, ...lines.flatMap((line, index) => [line, `    ${shortened(events[index]?.error ?? '')}`])].join('\n');
}

/** One event with its content. */
export function eventDetailsText(event: SetAsideEventDetails & { readonly service: string }): string {
  const { settledAt, settledBy, reason } = event;
  return entries([
    ['service', event.service],
    ['id', event.id],
    ['state', settledAt === null ? event.state : `${event.state} at ${settledAt} by key ${settledBy ?? '-'}`],
    ...(reason === null ? [] : [['given up', reason] as const]),
    [
      'kind',
      event.kind === 'money' ? 'money: what follows under its key waits behind it' : 'state: later events go on',
    ],
    ['event', event.eventId ?? 'cannot be read'],
    ['topic', `${event.topic}, partition ${event.partition}, offset ${event.offset}`],
    ['key', event.key],
    ['set aside', event.setAsideAt],
    ['replays', event.triedAt === null ? 'none' : `${event.attempts} failed, the last one at ${event.triedAt}`],
    ['error', event.error],
    [
      'headers',
      Object.entries(event.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n') || '-',
    ],
    ['content', event.value ?? 'a tombstone: it has none'],
  ]);
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON - 1)}…` : line;
}
