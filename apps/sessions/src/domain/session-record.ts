import type { CdrLocation, CommandResult, Session, SignedData, Tariff, Token } from '@voltap/ocpi/model';

/** A command that a session may come of, START_SESSION or RESERVE_NOW, as far as a session needs it. */
export interface StartCommand {
  readonly type: string;
  readonly commandId: string;
  readonly partnerId: string;
  /** The CPO party that the command is for. */
  readonly country_code: string;
  readonly party_id: string;
  readonly idTag: string;
  /** RFC 3339. */
  readonly acceptedAt: string;
  /** When the reservation of RESERVE_NOW runs out; RFC 3339. */
  readonly expiry?: string | undefined;
  readonly authorization_reference: string | null;
  readonly token: Token | null;
  /** As it was when the start was promised. */
  readonly tariff: { readonly revision: number; readonly tariff: Tariff } | null;
}

/** What was told to the partner of a start. */
export interface StartOutcome {
  readonly result: CommandResult['result'];
  /** What becomes of a charge that begins although the start failed. */
  readonly orphans: Orphan;
}

/**
 * A charge whose start had failed as far as its partner knows: `stop`, it is stopped and never billed; `bind`, it is an
 * ordinary charge.
 */
export type Orphan = 'stop' | 'bind';

/** What was frozen when the session began, and stays for its CDR. */
export interface FrozenTerms {
  readonly tariff: { readonly revision: number; readonly tariff: Tariff } | null;
  readonly location: CdrLocation | null;
  readonly timeZone: string;
}

/** A session as it is stored. */
export interface SessionRecord extends FrozenTerms {
  readonly session: Session;
  /** The partner whose token it is; null for charges that no connected partner started, or that it was told had failed. */
  readonly partnerId: string | null;
  readonly commandId: string | null;
  /** Absent in sessions from before it was known. */
  readonly orphan?: Orphan | null;
  /** Absent where nobody reserved. */
  readonly reserved?: Reserved | undefined;
  readonly signed_data: SignedData | null;
  /** The moment that the newest report said it was about; null when none said. */
  readonly reportedAt: string | null;
}

/** A reservation, as a session keeps it. RFC 3339. */
export interface Reserved {
  readonly from: string;
  /** When it runs out; null when the back-end made it by itself. */
  readonly expiry: string | null;
  /** Whether a charge came of it. */
  readonly used: boolean;
}

export function isFinal(status: Session['status']): boolean {
  return status === 'COMPLETED' || status === 'INVALID';
}
