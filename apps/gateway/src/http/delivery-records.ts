import type { DeliveryDetails, DeliveryQueueRecord, DeliveryRecord } from '@voltap/contracts/back-office';
import type { Attempt, Delivery } from '../store/delivery-rows.js';
import type { StoredExchange } from '../store/exchanges.js';
import type { QueueRecord } from '../store/partner-queues.js';

export function recordOf(delivery: Delivery): DeliveryRecord {
  return {
    id: delivery.id,
    partnerId: delivery.partnerId,
    kind: delivery.kind,
    objectKey: delivery.objectKey,
    revision: delivery.revision,
    state: delivery.state,
    attempts: delivery.attempts,
    nextAttemptAt: delivery.settledAt === null ? delivery.nextAttemptAt.toISOString() : null,
    correlationId: delivery.correlationId,
    authorizationReference: delivery.authorizationReference,
    location: delivery.location,
    lastReason: delivery.lastReason,
    resynced: delivery.resynced,
    createdAt: delivery.createdAt.toISOString(),
    openedAt: delivery.openedAt.toISOString(),
    settledAt: delivery.settledAt?.toISOString() ?? null,
  };
}

export function detailsOf(
  delivery: Delivery,
  attempts: readonly (Attempt & { readonly number: number })[],
  exchanges: readonly StoredExchange[],
): DeliveryDetails {
  const byAttempt = Map.groupBy(exchanges, ({ attempt }) => attempt);
  return {
    ...recordOf(delivery),
    history: attempts.map(({ number, at, ...attempt }) => ({
      ...attempt,
      at: at.toISOString(),
      exchanges: (byAttempt.get(number) ?? []).map(({ attempt: _, ...exchange }) => exchange),
    })),
  };
}

export function queueOf(queue: QueueRecord): DeliveryQueueRecord {
  const { pausedAt, pausedBy, pauseReason } = queue;
  return {
    partnerId: queue.partnerId,
    connected: queue.connected,
    paused: pausedAt === null ? null : { at: pausedAt.toISOString(), by: pausedBy ?? '-', reason: pauseReason ?? '-' },
    failures: queue.failures,
    nextProbeAt: queue.spareUntil?.toISOString() ?? null,
    restUntil: queue.restUntil?.toISOString() ?? null,
    pending: queue.pending,
    inFlight: queue.inFlight,
    oldestPendingAt: queue.oldestPendingAt?.toISOString() ?? null,
    refused: queue.refused,
    exhausted: queue.exhausted,
  };
}
