import type {
  DeliveryDetails,
  DeliveryQueueRecord,
  DeliveryRecord,
  ExchangeRecord,
} from '@voltap/contracts/back-office';
import { entries, table } from '../terminal.js';

const LONGEST_REASON = 100;

/** Deliveries for people, the reason of what was not accepted in a line of its own. */
export function deliveriesText(deliveries: readonly DeliveryRecord[]): string {
  if (deliveries.length === 0) return 'none';
  const [head = '', ...lines] = table(
    ['ID', 'PARTNER', 'KIND', 'STATE', 'TRIED', 'SINCE', 'OBJECT'],
    deliveries.map((one) => [
      one.id,
      one.partnerId,
      one.kind,
      one.state,
      String(one.attempts),
      one.openedAt,
      one.objectKey,
    ]),
  ).split('\n');
  const reasons = deliveries.map(({ lastReason }) => (lastReason === null ? [] : [`    ${shortened(lastReason)}`]));
  return [head, ...lines.flatMap((line, index) => [line, ...(reasons[index] ?? [])])].join('\n');
}

/** One delivery with every attempt; `bodies`: also what was said. */
export function deliveryText(delivery: DeliveryDetails, bodies: boolean): string {
  const { settledAt, nextAttemptAt } = delivery;
  const facts = entries([
    ['id', delivery.id],
    ['partner', delivery.partnerId],
    ['object', `${delivery.kind} ${delivery.objectKey}, revision ${delivery.revision}`],
    ['state', settledAt === null ? `${delivery.state}, next at ${nextAttemptAt}` : `${delivery.state} at ${settledAt}`],
    ['made', `${delivery.createdAt}${delivery.resynced ? ', catches up with what the partner missed' : ''}`],
    ['due since', delivery.openedAt],
    ['correlation', delivery.correlationId],
    ['charge', delivery.authorizationReference ?? '-'],
    ['kept at', delivery.location ?? '-'],
    ['reason', delivery.lastReason ?? '-'],
  ]);
  const attempts = delivery.history.map(({ at, durationMs, outcome, reason, exchanges }) =>
    [
      `${at}  ${outcome}, ${durationMs} ms${reason === null ? '' : `: ${reason}`}`,
      ...exchanges.map((exchange) => exchangeText(exchange, bodies)),
    ].join('\n'),
  );
  return [facts, ...attempts].join('\n');
}

/** The queues of all partners. */
export function queuesText(queues: readonly DeliveryQueueRecord[]): string {
  if (queues.length === 0) return 'none';
  return table(
    ['PARTNER', 'STANDING', 'WAIT', 'SENT NOW', 'OLDEST', 'REFUSED', 'EXHAUSTED'],
    queues.map((queue) => [
      queue.partnerId,
      standingOf(queue),
      String(queue.pending),
      String(queue.inFlight),
      queue.oldestPendingAt ?? '-',
      String(queue.refused),
      String(queue.exhausted),
    ]),
  );
}

/** Why a queue moves, or does not. */
export function standingOf({ paused, connected, restUntil, failures, nextProbeAt }: DeliveryQueueRecord): string {
  if (paused !== null) return `paused by key ${paused.by}: ${paused.reason}`;
  if (!connected) return 'not connected';
  if (nextProbeAt !== null) return `${failures} without answer, probed at ${nextProbeAt}`;
  if (restUntil !== null && Date.parse(restUntil) > Date.now()) return `asked to be left alone until ${restUntil}`;
  return 'open';
}

function exchangeText(exchange: ExchangeRecord, bodies: boolean): string {
  const { method, url, httpStatus, requestId, durationMs } = exchange;
  const line = `    ${method} ${url}: ${httpStatus ?? 'no answer'}, ${durationMs} ms, request ${requestId}`;
  if (!bodies) return line;
  return [line, `      > ${exchange.requestBody ?? '-'}`, `      < ${exchange.responseBody ?? '-'}`].join('\n');
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON - 1)}…` : line;
}
