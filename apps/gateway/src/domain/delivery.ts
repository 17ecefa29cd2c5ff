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
 * PENDING → IN_FLIGHT → SUCCEEDED, or back to PENDING to be tried again. SUPERSEDED: a newer state took its place.
 * EXHAUSTED: nobody answered for too long; a state is sent again as soon as the partner answers, a money object by hand.
 * REFUSED: the partner does not take this state; the next state gets its own chance, and so does this one when the
 * partner connects anew. GIVEN_UP: by an operator.
 */
export type DeliveryState = 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED' | 'REFUSED' | 'SUPERSEDED' | 'EXHAUSTED' | 'GIVEN_UP';

/** State objects are coalesced: the newest is sent. Money objects are exact: each is sent until it is accepted. */
export function isExact(kind: DeliveryKind): boolean {
  return kind === 'cdr' || kind === 'command-result';
}

/** What became of one attempt. */
export type AttemptOutcome =
  | { readonly outcome: 'accepted'; readonly location: string | null }
  /** The partner answered and does not want it, now or (`lasting`) as it is. */
  | {
      readonly outcome: 'refused';
      readonly retryAfterMs: number | null;
      readonly lasting: boolean;
      readonly reason: string;
    }
  /** Nobody knows whether it arrived. */
  | { readonly outcome: 'unanswered'; readonly reason: string }
  /** The partner cannot be called now: it is not connected. */
  | { readonly outcome: 'postponed'; readonly reason: string }
  /** It could not be sent for a fault of ours. */
  | { readonly outcome: 'broken'; readonly reason: string }
  /** It cannot be sent as things stand. */
  | { readonly outcome: 'impossible'; readonly reason: string };

export type Verdict =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'REFUSED' | 'EXHAUSTED' }
  /** `yields`: it holds nothing back while it waits. */
  | { readonly state: 'PENDING'; readonly retryInMs: number; readonly yields: boolean };

/** How long and how often deliveries are tried, in milliseconds. */
export interface Patience {
  /** Pause after the first attempt without success; it doubles with each further one. */
  readonly firstPauseMs: number;
  /** The longest pause between attempts of a state that nobody answers, of a CDR, of a CommandResult. */
  readonly longestPauseMs: { readonly state: number; readonly cdr: number; readonly result: number };
  /** First pause after a refusal for a reason that lies in the object; it doubles. */
  readonly refusedPauseMs: number;
  /** The longest pause of a refused state. */
  readonly longestRefusedPauseMs: number;
  readonly giveUpMs: { readonly state: number; readonly cdr: number; readonly result: number };
}

/** A partner that asks for more is asked again after this all the same. */
const LONGEST_ASKED_PAUSE_MS = 60 * 60_000;

/** For how long a partner wants to be left alone. */
export function askedPauseMs(outcome: AttemptOutcome): number {
  return outcome.outcome === 'refused' ? Math.min(outcome.retryAfterMs ?? 0, LONGEST_ASKED_PAUSE_MS) : 0;
}

/**
 * What follows from an attempt. Whatever may pass is tried again with growing pauses: when nobody answers, and, more
 * slowly, when the object itself is refused (an unknown location may be known in a minute).
 * @param random in [0, 1), spreads the retries of many
 */
export function judge(
  delivery: {
    readonly kind: DeliveryKind;
    /** Since it was opened, this one included. */
    readonly tries: number;
    /** Since when it is to be sent. */
    readonly openedAt: Date;
    readonly deadline: Date | null;
  },
  outcome: AttemptOutcome,
  patience: Patience,
  now: Date,
  random: number,
): Verdict {
  const exact = isExact(delivery.kind);
  if (outcome.outcome === 'accepted') return { state: 'SUCCEEDED' };
  if (outcome.outcome === 'impossible') return { state: exact ? 'EXHAUSTED' : 'REFUSED' };
  const of = delivery.kind === 'cdr' ? 'cdr' : delivery.kind === 'command-result' ? 'result' : 'state';
  const longest = patience.longestPauseMs[of];
  // What is still worth saying then waits for its partner without an end; the deadline of a result goes on.
  if (outcome.outcome === 'postponed' && of !== 'result')
    return { state: 'PENDING', retryInMs: longest, yields: false };
  const lasting = outcome.outcome === 'refused' && outcome.lasting;
  const growth = 2 ** Math.min(delivery.tries - 1, 20);
  const plain = Math.min(longest, patience.firstPauseMs * growth);
  const slow = Math.min(
    exact ? longest : patience.longestRefusedPauseMs,
    patience.refusedPauseMs * (exact ? 1 : growth),
  );
  // A CommandResult has no time for slow retries: the driver stands at the terminal.
  const pause = lasting && of !== 'result' ? Math.max(slow, plain) : plain;
  const retryInMs = Math.round(Math.max(pause * (0.75 + random / 2), askedPauseMs(outcome)));
  const end = delivery.deadline?.getTime() ?? delivery.openedAt.getTime() + patience.giveUpMs[of];
  if (now.getTime() + retryInMs <= end) return { state: 'PENDING', retryInMs, yields: lasting };
  return { state: lasting && !exact ? 'REFUSED' : 'EXHAUSTED' };
}
