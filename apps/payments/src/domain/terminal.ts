import type { Party } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';

export type AssignmentState = 'NONE' | 'PENDING' | 'CONFIRMED' | 'REFUSED';

/** Which places a terminal serves by our will, and whether the PTP has it so. */
export interface Assignment {
  readonly state: AssignmentState;
  /** Made anew with each request of the operator; an answer to an older request is void. */
  readonly requestId: string | null;
  readonly location_ids: readonly string[];
  readonly evse_uids: readonly string[];
  readonly requestedAt: string | null;
  readonly confirmedAt: string | null;
  /** Why it does not stand at the PTP, in words. */
  readonly problem: string | null;
}

/** That a terminal is to be taken out of use at its PTP: broken, or its station is gone. */
export interface Deactivation {
  readonly state: Exclude<AssignmentState, 'NONE'>;
  readonly requestId: string;
  readonly requestedAt: string;
  readonly confirmedAt: string | null;
  readonly problem: string | null;
}

/** A terminal as its PTP told it, and what is ours about it. */
export interface TerminalRecord {
  readonly terminal: Terminal;
  /** Part of the receipt URLs of this terminal, so that they cannot be guessed. */
  readonly receiptSecret: string;
  readonly assignment: Assignment;
  /** Missing in records from before there was one. */
  readonly deactivation?: Deactivation | null;
}

export const NO_ASSIGNMENT: Assignment = {
  state: 'NONE',
  requestId: null,
  location_ids: [],
  evse_uids: [],
  requestedAt: null,
  confirmedAt: null,
  problem: null,
};

/** What of a partner says whose terminal it is. */
export interface TerminalOwnership {
  readonly parties: readonly Party[];
  readonly customerReferences: readonly string[];
}

/**
 * The party that a terminal belongs to: by its own country and party, else by an agreed customer reference (PAY-09,
 * PAY-10). Never guessed: null when neither says it, and the operator sees it as unclaimed.
 */
export function ownerOf(terminal: Terminal, partner: TerminalOwnership): Party | null {
  const { country_code, party_id, customer_reference } = terminal;
  if (country_code !== undefined && party_id !== undefined) {
    return (
      partner.parties.find((party) => same(party.country_code, country_code) && same(party.party_id, party_id)) ?? null
    );
  }
  const [party, ...others] = partner.parties;
  if (party === undefined || others.length > 0) return null;
  if (partner.customerReferences.length === 0) return party;
  const agreed = partner.customerReferences.some((reference) => same(reference, customer_reference ?? ''));
  return agreed ? party : null;
}

/** Whether the PTP holds exactly what was assigned; the order of ids does not matter. */
export function standsAt(terminal: Terminal, assignment: Pick<Assignment, 'location_ids' | 'evse_uids'>): boolean {
  return (
    sameIds(terminal.location_ids ?? [], assignment.location_ids) &&
    sameIds(terminal.evse_uids ?? [], assignment.evse_uids)
  );
}

/** Whether it is out of use by our will, be it that the PTP knows or that it will be told. */
export function isDeactivated({ deactivation = null }: TerminalRecord): boolean {
  return deactivation !== null && deactivation.state !== 'REFUSED';
}

/** The places that a PTP holds for a terminal, as one list. */
export function placesOf({ location_ids = [], evse_uids = [] }: Partial<Terminal>): string[] {
  return [...location_ids, ...evse_uids];
}

/** A terminal told again, in whole or in part: what it does not mention stays. */
export function mergeTerminal(stored: Terminal | null, told: Partial<Terminal>, now: Date): Terminal {
  const merged = { ...stored, ...told } as Terminal;
  return { ...merged, last_updated: told.last_updated ?? now.toISOString() };
}

function sameIds(left: readonly string[], right: readonly string[]): boolean {
  const normal = (ids: readonly string[]) => [...new Set(ids.map((id) => id.toUpperCase()))].sort().join(' ');
  return normal(left) === normal(right);
}

function same(left: string, right: string): boolean {
  return left.toUpperCase() === right.toUpperCase();
}
