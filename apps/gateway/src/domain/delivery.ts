import type { Cdr, CommandResult, Location, Session, Status, Tariff } from '@voltap/ocpi/model';

export type DeliveryKind = DeliveryContent['kind'];

/** What is to be said to a partner, canonical. */
export type DeliveryContent =
  | { readonly kind: 'location'; readonly location: Location }
  | {
      readonly kind: 'evse-status';
      readonly country_code: string;
      readonly party_id: string;
      readonly location_id: string;
      readonly evse_uid: string;
      readonly status: Status;
      readonly last_updated: string;
    }
  | { readonly kind: 'tariff'; readonly tariff: Tariff }
  | {
      readonly kind: 'tariff';
      readonly deleted: { readonly country_code: string; readonly party_id: string; readonly id: string };
    }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'cdr'; readonly cdr: Cdr }
  | {
      readonly kind: 'command-result';
      readonly country_code: string;
      readonly party_id: string;
      readonly correlationId: string;
      readonly result: CommandResult;
    };

/**
 * PENDING → IN_FLIGHT → SUCCEEDED, or back to PENDING to be tried again. REFUSED: a state that the partner does not
 * take; the next state gets its own chance. SUPERSEDED: a newer state took its place. EXHAUSTED: given up; for money
 * objects that is an alarm, and they can be sent again by hand.
 */
export type DeliveryState = 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED' | 'REFUSED' | 'SUPERSEDED' | 'EXHAUSTED';

/** State objects are coalesced: the newest is sent. Money objects are exact: each is sent until it is accepted. */
export function isExact(kind: DeliveryKind): boolean {
  return kind === 'cdr' || kind === 'command-result';
}

/** What became of one attempt. */
export type AttemptOutcome =
  | { readonly outcome: 'accepted'; readonly location: string | null }
  /** The partner answered and does not want it, now or as it is. */
  | {
      readonly outcome: 'refused';
      readonly retryAfterMs: number | null;
      readonly lasting: boolean;
      readonly reason: string;
    }
  /** Nobody knows whether it arrived. */
  | { readonly outcome: 'unanswered'; readonly reason: string }
  /** It cannot be sent as things stand. */
  | { readonly outcome: 'impossible'; readonly reason: string };

export type Verdict =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'REFUSED' | 'EXHAUSTED' }
  | { readonly state: 'PENDING'; readonly retryInMs: number };

const STATE_BASE_MS = 500;
const STATE_MOST_MS = 60_000;
const STATE_GIVE_UP_MS = 24 * 60 * 60 * 1000;
const CDR_MOST_MS = 15 * 60_000;
const CDR_GIVE_UP_MS = 7 * 24 * 60 * 60 * 1000;
const CDR_REFUSED_MS = 30_000;
const RESULT_MOST_MS = 5_000;
const RESULT_GIVE_UP_MS = 10 * 60_000;

/**
 * What follows from an attempt. State objects are tried again while nobody answers; a refusal is final for that state.
 * A CDR is tried for seven days, a CommandResult until its deadline has passed.
 * @param random in [0, 1), spreads the retries of many
 */
export function judge(
  delivery: {
    readonly kind: DeliveryKind;
    readonly attempts: number;
    readonly createdAt: Date;
    readonly deadline: Date | null;
  },
  outcome: AttemptOutcome,
  now: Date,
  random: number,
): Verdict {
  if (outcome.outcome === 'accepted') return { state: 'SUCCEEDED' };
  if (outcome.outcome === 'impossible') return { state: isExact(delivery.kind) ? 'EXHAUSTED' : 'REFUSED' };
  const lasting = outcome.outcome === 'refused' && outcome.lasting;
  if (lasting && !isExact(delivery.kind)) return { state: 'REFUSED' };
  const { mostMs, giveUpMs } = patience(delivery.kind);
  const end = delivery.deadline?.getTime() ?? delivery.createdAt.getTime() + giveUpMs;
  const backoff = Math.min(mostMs, STATE_BASE_MS * 2 ** Math.min(delivery.attempts - 1, 20));
  const spread = backoff * (0.75 + random / 2);
  const asked = outcome.outcome === 'refused' ? (outcome.retryAfterMs ?? 0) : 0;
  const slow = lasting && delivery.kind === 'cdr' ? CDR_REFUSED_MS : 0;
  const retryInMs = Math.round(Math.max(spread, asked, slow));
  if (now.getTime() + retryInMs > end) return { state: 'EXHAUSTED' };
  return { state: 'PENDING', retryInMs };
}

function patience(kind: DeliveryKind): { mostMs: number; giveUpMs: number } {
  if (kind === 'cdr') return { mostMs: CDR_MOST_MS, giveUpMs: CDR_GIVE_UP_MS };
  if (kind === 'command-result') return { mostMs: RESULT_MOST_MS, giveUpMs: RESULT_GIVE_UP_MS };
  return { mostMs: STATE_MOST_MS, giveUpMs: STATE_GIVE_UP_MS };
}
