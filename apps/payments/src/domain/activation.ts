import type { Terminal } from '@voltap/ocpi/model';
import { type Assignment, NO_ASSIGNMENT, standsAt } from './terminal.js';

/** PENDING: not brought yet. ACCEPTED: by the PTP, whose terminal is awaited. CONFIRMED: it has told of that terminal. */
export type ActivationState = 'PENDING' | 'ACCEPTED' | 'CONFIRMED' | 'REFUSED';

/** That the PTP is to set up a terminal which is built into a station, known by the serial number that its maker gave it. */
export interface Activation {
  readonly reference: string;
  readonly state: ActivationState;
  /** Made anew with each request of the operator; an answer to an older request is void. */
  readonly requestId: string;
  readonly country_code: string;
  readonly party_id: string;
  readonly customer_reference: string | null;
  readonly location_ids: readonly string[];
  readonly evse_uids: readonly string[];
  /** For the receipt addresses of a terminal that has no record yet. */
  readonly receiptSecret: string;
  /** Null while the PTP has told of no terminal with this reference. */
  readonly terminalId: string | null;
  readonly requestedAt: string;
  readonly acceptedAt: string | null;
  readonly confirmedAt: string | null;
  /** Why it does not go on, in words. */
  readonly problem: string | null;
}

/** What comes of an activation when the PTP tells of a terminal with its reference (PAY-47). */
export function activatedBy(activation: Activation, terminal: Terminal, now: Date): Activation {
  const known = { ...activation, terminalId: terminal.terminal_id };
  // One that is still to be brought will be read back then; an old terminal says nothing of a new request.
  if (activation.state !== 'ACCEPTED') return known;
  return { ...known, state: 'CONFIRMED', confirmedAt: now.toISOString(), problem: null };
}

/** Whether a telling of its terminal still matters to it. */
export function isAwaited(activation: Activation): boolean {
  return activation.state === 'ACCEPTED' || (activation.state === 'PENDING' && activation.terminalId === null);
}

/**
 * The places that a terminal was activated with become its assignment, without a further word of the operator (PAY-12).
 * Confirmed when the PTP told it with exactly these, and with our address of receipts; else they are brought to it.
 */
export function assignmentOf(
  activation: Activation,
  terminal: Terminal,
  invoiceBaseUrl: string,
  now: Date,
): Assignment | null {
  const { location_ids, evse_uids, requestId, requestedAt } = activation;
  if (location_ids.length + evse_uids.length === 0) return null;
  const stands = standsAt(terminal, activation) && terminal.invoice_base_url === invoiceBaseUrl;
  return {
    ...NO_ASSIGNMENT,
    state: stands ? 'CONFIRMED' : 'PENDING',
    requestId,
    location_ids,
    evse_uids,
    requestedAt,
    confirmedAt: stands ? now.toISOString() : null,
  };
}
