import type { CallResult } from '@voltap/ocpi/client';
import type { AttemptOutcome, DeliveryKind } from '../domain/delivery.js';

const LONGEST_REASON = 500;

/** What came of an attempt: an answer, or why there is none. */
export type Attempted =
  | { readonly result: CallResult<unknown> }
  | { readonly impossible: string }
  /** Not now: the partner is not connected. */
  | { readonly postponed: string }
  /** A fault of ours. */
  | { readonly broken: string };

/**
 * @param repeated whether its bytes may have been sent before: what the partner then knows already, it accepted when its answer was lost
 *   (CDR ids make it safe to repeat)
 */
export function outcomeOf(kind: DeliveryKind, repeated: boolean, attempted: Attempted): AttemptOutcome {
  if ('impossible' in attempted) return { outcome: 'impossible', reason: shown(attempted.impossible) };
  if ('postponed' in attempted) return { outcome: 'postponed', reason: attempted.postponed };
  if ('broken' in attempted) return { outcome: 'broken', reason: shown(`on our side: ${attempted.broken}`) };
  const { result } = attempted;
  switch (result.outcome) {
    case 'success':
      return { outcome: 'accepted', location: result.location ?? null };
    case 'withheld':
      return { outcome: 'impossible', reason: shown(withheldReason(result.losses)) };
    case 'unreachable':
      return { outcome: result.retryable ? 'unanswered' : 'impossible', reason: shown(result.message) };
    case 'refused': {
      if (kind === 'cdr' && repeated && isDuplicate(result)) return { outcome: 'accepted', location: null };
      const { httpStatus, statusCode, statusMessage } = result;
      // What is to be removed and is not there is removed.
      if (result.exchange.method === 'DELETE' && httpStatus === 404 && statusCode !== undefined)
        return { outcome: 'accepted', location: null };
      const code = statusCode === undefined ? ', no OCPI answer' : `, status ${statusCode}`;
      const reason = shown(`HTTP ${httpStatus}${code}${statusMessage === undefined ? '' : `: ${statusMessage}`}`);
      return { outcome: 'refused', retryAfterMs: result.retryAfterMs ?? null, lasting: isLasting(result), reason };
    }
  }
}

type RefusedResult = Extract<CallResult<unknown>, { outcome: 'refused' }>;

/**
 * Whether the refusal says something of the object. A dead token does not: tokens may just have been exchanged, and the next
 * attempt has the new one. Neither does what is no answer of OCPI: a proxy, a redirect, a maintenance page.
 */
export function isLasting({ retryable, httpStatus, statusCode }: RefusedResult): boolean {
  return !retryable && httpStatus !== 401 && statusCode !== undefined;
}

/** Whether another way of saying the same may be taken: the partner knows no such object, or no such method. */
export function mayBeMended(result: CallResult<unknown>): boolean {
  return result.outcome === 'refused' && !result.retryable && result.httpStatus !== 401;
}

export function withheldReason(losses: readonly { readonly reason: string }[]): string {
  return `not expressible in the partner's version: ${losses.map(({ reason }) => reason).join('; ')}`;
}

/** The partner has it already. */
export function isDuplicate({ httpStatus, statusMessage }: RefusedResult): boolean {
  return httpStatus === 409 || /duplicate|already (exists|known|received|stored)/i.test(statusMessage ?? '');
}

/** Partners answer with anything: it is kept short, and storable. */
function shown(reason: string): string {
  const storable = reason.replaceAll('\u0000', '\u{FFFD}');
  return storable.length > LONGEST_REASON ? `${storable.slice(0, LONGEST_REASON - 1)}…` : storable;
}
