import type { DeliveryId } from '@voltap/kernel';
import type { Exchange, PreparedCall } from '@voltap/ocpi/client';
import type { Session } from '@voltap/ocpi/model';
import type { DeliveryContent, DeliveryKind, DeliveryState } from '../domain/delivery.js';

export interface NewDelivery {
  readonly content: DeliveryContent;
  readonly objectKey: string;
  /** Deliveries of one order key reach the partner one after the other. */
  readonly orderKey: string;
  /** Object keys of what must be there first: tariffs for a location, the session for a CDR. */
  readonly afterKeys?: readonly string[];
  readonly revision: number;
  /** Nothing newer of this object will come. */
  readonly final?: boolean;
  readonly deadline?: Date;
  /** By which everything about one charge is found. */
  readonly authorizationReference?: string | null;
  /** It is sent although its revision was planned before: the partner is to have it again. */
  readonly again?: boolean;
}

export interface Delivery {
  readonly id: DeliveryId;
  readonly partnerId: string;
  readonly kind: DeliveryKind;
  readonly objectKey: string;
  readonly orderKey: string;
  readonly revision: number;
  readonly content: DeliveryContent;
  /** The bytes of the first attempt; an exact delivery repeats them. */
  readonly prepared: PreparedCall | null;
  readonly state: DeliveryState;
  /** Counts the attempt in hand. */
  readonly attempts: number;
  /** Attempts since it was opened, the one in hand included. */
  readonly tries: number;
  readonly nextAttemptAt: Date;
  readonly deadline: Date | null;
  readonly correlationId: string;
  readonly authorizationReference: string | null;
  readonly location: string | null;
  readonly lastReason: string | null;
  /** It catches up with what the partner missed. */
  readonly resynced: boolean;
  readonly createdAt: Date;
  /** Since when it is to be sent: since it was made, or opened again. */
  readonly openedAt: Date;
  readonly settledAt: Date | null;
  /** Traceparent of the step that made or last changed it. */
  readonly traceparent: string | null;
}

export interface ClaimedDelivery extends Delivery {
  /** By the database, whose clock every replica shares. */
  readonly claimedAt: Date;
}

export interface Attempt {
  readonly at: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly statusCode: number | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly requestId: string | null;
}

/** What is written down of an attempt. */
export interface Settlement {
  readonly delivery: ClaimedDelivery;
  readonly state: Exclude<DeliveryState, 'IN_FLIGHT' | 'SUPERSEDED' | 'GIVEN_UP'>;
  readonly retryInMs: number;
  /** It holds nothing back while it waits to be tried again. */
  readonly yields: boolean;
  /** The partner asks to be left alone for so long; 0 when it does not. */
  readonly pauseMs: number;
  readonly location: string | null;
  readonly reason: string | null;
  readonly attempt: Attempt;
  /** What was sent and answered, in order; empty when nothing was sent. */
  readonly exchanges: readonly Exchange[];
  /** The session that the partner holds now. */
  readonly acknowledged: Session | null;
  /** Traceparent of the attempt, where it is traced. */
  readonly traceparent?: string | undefined;
}

export interface DeliveryRow {
  id: DeliveryId;
  partner_id: string;
  kind: DeliveryKind;
  object_key: string;
  order_key: string;
  revision: string;
  content: DeliveryContent;
  method: PreparedCall['method'] | null;
  url: string | null;
  body: string | null;
  state: DeliveryState;
  attempts: number;
  attempts_before: number;
  next_attempt_at: Date;
  deadline: Date | null;
  correlation_id: string;
  authorization_reference: string | null;
  location: string | null;
  last_reason: string | null;
  resynced: boolean;
  created_at: Date;
  opened_at: Date;
  settled_at: Date | null;
  traceparent: string | null;
}

export function deliveryOf(row: DeliveryRow): Delivery {
  const { method, url, body } = row;
  return {
    id: row.id,
    partnerId: row.partner_id,
    kind: row.kind,
    objectKey: row.object_key,
    orderKey: row.order_key,
    revision: Number(row.revision),
    content: row.content,
    prepared: method === null || url === null ? null : { method, url, body: body ?? undefined, losses: [] },
    state: row.state,
    attempts: row.attempts,
    tries: row.attempts - row.attempts_before,
    nextAttemptAt: row.next_attempt_at,
    deadline: row.deadline,
    correlationId: row.correlation_id,
    authorizationReference: row.authorization_reference,
    location: row.location,
    lastReason: row.last_reason,
    resynced: row.resynced,
    createdAt: row.created_at,
    openedAt: row.opened_at,
    settledAt: row.settled_at,
    traceparent: row.traceparent,
  };
}
