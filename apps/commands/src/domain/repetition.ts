import { type Command, failed } from './command.js';

/** A start with what is known of its charge. */
export interface EarlierStart {
  readonly command: Command;
  readonly sessions: readonly { readonly status: string; readonly partnerId: string | null }[];
}

export type Repetition =
  /** Nothing stands in the way of another attempt. */
  | { readonly kind: 'new' }
  /** It is that command: the same answer, and the same outcome. */
  | { readonly kind: 'same'; readonly command: Command }
  | { readonly kind: 'refused'; readonly reason: 'unsettled' | 'referenceInUse' };

/**
 * What a START_SESSION is beside those with the same reference before it. One reference pays for one charge: what runs or
 * succeeded at the same target is the same start (CMD-30), elsewhere it is refused; after a failure there is a new attempt
 * only when nothing of the failed one can run any more.
 * @param uncertainMs how long after its deadline a start that nobody answered may still begin to charge.
 */
export function repetitionOf(
  subject: string,
  earlier: readonly EarlierStart[],
  now: Date,
  uncertainMs: number,
): Repetition {
  const standing = earlier.find(({ command }) => !failed(command));
  if (standing !== undefined) {
    const { command } = standing;
    return command.subject === subject ? { kind: 'same', command } : { kind: 'refused', reason: 'referenceInUse' };
  }
  for (const start of earlier) {
    const reason = obstacle(start, now, uncertainMs);
    if (reason !== null) return { kind: 'refused', reason };
  }
  return { kind: 'new' };
}

/** Why a failed start keeps its reference; null when it is over and nobody was told of a charge. */
function obstacle(
  { command, sessions }: EarlierStart,
  now: Date,
  uncertainMs: number,
): 'unsettled' | 'referenceInUse' | null {
  if (sessions.some(({ status }) => status !== 'COMPLETED' && status !== 'INVALID')) return 'unsettled';
  // The partner has seen a charge under this reference, perhaps with a CDR.
  if (sessions.some(({ partnerId }) => partnerId !== null)) return 'referenceInUse';
  if (sessions.length > 0 || !mayStillBegin(command)) return null;
  return now.getTime() < command.deadline.getTime() + uncertainMs ? 'unsettled' : null;
}

/** Nobody knows what became of a start that was handed out and timed out; a refusal is certain, however late. */
function mayStillBegin({ outcome, lateAnswer, handedOut }: Command): boolean {
  if (outcome?.result.result !== 'TIMEOUT') return false;
  if (!handedOut && outcome.decidedBy !== 'BACK_END') return false;
  return lateAnswer === null || lateAnswer.result === 'ACCEPTED' || lateAnswer.result === 'TIMEOUT';
}
