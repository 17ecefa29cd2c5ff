import type { Facts } from './reconciliation.js';

type Known<Part extends keyof Facts> = NonNullable<Facts[Part]>;

/**
 * Each adds one thing that became known and gives the same object when that is nothing new. Where several things of a
 * kind come under one reference, which one counts is a matter of what they say, never of which came first.
 */

/** The latest attempt. */
export function withStart(facts: Facts, start: Known<'start'>): Facts {
  const known = facts.start;
  return known === null || known.acceptedAt < start.acceptedAt ? { ...facts, start } : facts;
}

/** The attempt that succeeded, else the latest. */
export function withStartResult(facts: Facts, result: Known<'startResult'>): Facts {
  const known = facts.startResult;
  const rank = ({ result, completedAt, commandId }: Known<'startResult'>) =>
    `${result === 'ACCEPTED' ? 1 : 0} ${completedAt} ${commandId}`;
  return known === null || rank(known) < rank(result) ? { ...facts, startResult: result } : facts;
}

/** The newest revision of the session that began last. */
export function withSession(facts: Facts, session: Known<'session'>): Facts {
  const known = facts.session;
  if (known === null) return { ...facts, session };
  const newer =
    known.id === session.id
      ? known.revision < session.revision
      : `${known.startedAt} ${known.id}` < `${session.startedAt} ${session.id}`;
  return newer ? { ...facts, session } : facts;
}

/** The latest CDR; a credit takes nothing back here, its successor counts. */
export function withCdr(facts: Facts, cdr: Known<'cdr'>): Facts {
  const known = facts.cdr;
  const newer = known === null || `${known.createdAt} ${known.id}` < `${cdr.createdAt} ${cdr.id}`;
  return newer ? { ...facts, cdr } : facts;
}

export function withCdrAccepted(facts: Facts, acceptedAt: string): Facts {
  const newer = facts.cdrAcceptedAt === null || facts.cdrAcceptedAt < acceptedAt;
  return newer ? { ...facts, cdrAcceptedAt: acceptedAt } : facts;
}
