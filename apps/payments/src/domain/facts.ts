import { type Decimal, decimal } from '@voltap/kernel';
import type { CommandResult, FinancialAdviceConfirmation, SessionStatus } from '@voltap/ocpi/model';

/** What is known of one charge, each part from its own source and in any order of arrival. Amounts are decimal texts, taxes included. */
export interface Facts {
  readonly start: { readonly commandId: string; readonly acceptedAt: string; readonly party?: string } | null;
  readonly startResult: {
    readonly commandId: string;
    readonly result: CommandResult['result'];
    readonly completedAt: string;
  } | null;
  readonly session: {
    readonly id: string;
    readonly status: SessionStatus;
    readonly revision: number;
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly kwh: number;
    readonly party: string | null;
    readonly location_id: string | null;
    readonly evse_uid: string | null;
    /** What the driver was shown last. */
    readonly shown: string | null;
  } | null;
  readonly cdr: {
    readonly id: string;
    readonly country_code: string;
    readonly party_id: string;
    readonly total: string;
    readonly beforeTaxes: string;
    /** The same bill with each of its lines rounded by itself, as some systems reckon. */
    readonly roundedByLine: string;
    /** What the tariff asked the terminal to reserve on the card. */
    readonly limit: string | null;
    readonly currency: string;
    readonly createdAt: string;
  } | null;
  /** Credit CDRs, each with the CDR it takes back; its total is below zero. */
  readonly credits: readonly { readonly id: string; readonly of: string; readonly total: string }[];
  /** Which of the charge's CDRs the partner has, credits included. */
  readonly cdrAcceptances: readonly { readonly cdrId: string; readonly acceptedAt: string }[];
  /** In facts from before acceptances were told apart: when the last one came, of whichever CDR. */
  readonly cdrAcceptedAt?: string | null;
  readonly confirmation: {
    readonly id: string;
    readonly captured: string;
    readonly currency: string;
    readonly status: FinancialAdviceConfirmation['capture_status_code'];
    readonly message: string | null;
    readonly lastUpdated: string;
    readonly receivedAt: string;
    readonly cardLastFour: readonly string[];
  } | null;
  /** What the acquirer says it paid out, by the id of the line in its file. */
  readonly payouts: readonly {
    readonly id: string;
    /** Before the acquirer's fee. */
    readonly amount: string;
    readonly fee: string;
    readonly currency: string;
    readonly paidAt: string;
  }[];
  /** The operator's decision to leave a difference as it is; it covers exactly these two amounts. */
  readonly writeOff: {
    readonly billed: string | null;
    readonly captured: string | null;
    readonly reason: string;
    readonly by: string;
    readonly at: string;
  } | null;
}

export const NO_FACTS: Facts = {
  start: null,
  startResult: null,
  session: null,
  cdr: null,
  credits: [],
  cdrAcceptances: [],
  confirmation: null,
  payouts: [],
  writeOff: null,
};

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

/** Each once, in one order. */
export function withCredit(facts: Facts, credit: Facts['credits'][number]): Facts {
  if (facts.credits.some(({ id }) => id === credit.id)) return facts;
  return { ...facts, credits: [...facts.credits, credit].sort((one, other) => (one.id < other.id ? -1 : 1)) };
}

/** What the CDR that counts comes to, less what was credited of it. Credits of earlier CDRs cancel with those. */
export function billedOf({ cdr, credits }: Facts): Decimal | null {
  if (cdr === null) return null;
  return credits
    .filter(({ of }) => sameId(of, cdr.id))
    .reduce((total, credit) => total.plus(credit.total), decimal(cdr.total));
}

/** Each CDR's first acceptance, in one order. */
export function withCdrAccepted(facts: Facts, acceptance: Facts['cdrAcceptances'][number]): Facts {
  const known = facts.cdrAcceptances.find(({ cdrId }) => sameId(cdrId, acceptance.cdrId));
  if (known !== undefined && known.acceptedAt <= acceptance.acceptedAt) return facts;
  const others = facts.cdrAcceptances.filter((each) => each !== known);
  return { ...facts, cdrAcceptances: [...others, acceptance].sort((one, other) => (one.cdrId < other.cdrId ? -1 : 1)) };
}

/** When the partner accepted the CDR that counts; that of a CDR which was credited since says nothing. */
export function acceptedAtOf({ cdr, cdrAcceptances, cdrAcceptedAt = null }: Facts): string | null {
  if (cdr === null) return null;
  const acceptance = cdrAcceptances.find(({ cdrId }) => sameId(cdrId, cdr.id));
  if (acceptance !== undefined) return acceptance.acceptedAt;
  // No CDR was accepted before it was made.
  return cdrAcceptedAt !== null && cdrAcceptedAt >= cdr.createdAt ? cdrAcceptedAt : null;
}

function sameId(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}

/** Each line of an acquirer's file once, in one order. */
export function withPayout(facts: Facts, payout: Facts['payouts'][number]): Facts {
  if (facts.payouts.some(({ id }) => id === payout.id)) return facts;
  const payouts = [...facts.payouts, payout].sort((one, other) => (one.id < other.id ? -1 : 1));
  return { ...facts, payouts };
}

export function withWriteOff(facts: Facts, writeOff: Known<'writeOff'> | null): Facts {
  return { ...facts, writeOff };
}
