import type { CommandResult, Tariff, Token } from '@voltap/ocpi/model';

export type CommandKind = 'START_SESSION' | 'STOP_SESSION' | 'RESERVE_NOW' | 'CANCEL_RESERVATION' | 'UNLOCK_CONNECTOR';

/** Who wants a command: PLATFORM, the stop of an orphan or of a charge that has used up its amount. */
export type CommandOrigin = 'PARTNER' | 'OPERATOR' | 'PLATFORM';

export type OrphanPolicy = 'stop' | 'bind';

/** A command that was promised, from the promise to its one outcome. */
export interface Command {
  readonly id: string;
  readonly kind: CommandKind;
  readonly origin: CommandOrigin;
  readonly partnerId: string;
  readonly country_code: string;
  readonly party_id: string;
  /** What a repeated request is recognised by, together with the partner and the kind. */
  readonly subject: string;
  readonly idTag: string;
  readonly authorization_reference: string | null;
  readonly token: Token | null;
  readonly location_id: string;
  readonly evse_uid: string | null;
  readonly connector_id: string | null;
  readonly session_id: string | null;
  readonly tariff: { readonly revision: number; readonly tariff: Tariff } | null;
  readonly acceptedAt: Date;
  /** Until then the back-end's answer is waited for. */
  readonly deadline: Date;
  /** What the partner was told: seconds from `acceptedAt` in which the result reaches it. */
  readonly timeoutSeconds: number;
  readonly revision: number;
  readonly outcome: CommandOutcome | null;
  /** An answer that came after the outcome and contradicts it. */
  readonly lateAnswer: CommandResult | null;
  /** Whether the back-end may have got it. */
  readonly handedOut: boolean;
  readonly orphan: Orphan | null;
  /** Our number of the reservation that it makes, ends or uses. */
  readonly reservation: number | null;
  /** With RESERVE_NOW: when the reservation is to end. */
  readonly expiry: Date | null;
  /** Whether somebody at the back-office waits for the outcome. */
  readonly awaited: boolean;
}

/** A charge that began although its start had failed as far as the partner knows. */
export interface Orphan {
  readonly session_id: string;
  readonly policy: OrphanPolicy;
  /** RFC 3339. */
  readonly noticedAt: string;
  /** How often the back-end was told to stop it. */
  readonly stops: number;
}

export interface CommandOutcome {
  readonly result: CommandResult;
  readonly decidedBy: Decider;
  readonly completedAt: Date;
  /** With a start that failed: what becomes of a charge that begins nevertheless. */
  readonly orphans: OrphanPolicy | null;
}

export type Decider = 'BACK_END' | 'SESSION' | 'DEADLINE' | 'PLATFORM';

export function failed({ outcome }: Command): boolean {
  return outcome !== null && outcome.result.result !== 'ACCEPTED';
}

/** Where and for what a start was asked: the same again is the same start. */
export function startSubject(reference: string, target: { location_id: string; evse_uid?: string | null }): string {
  return [reference, target.location_id, target.evse_uid ?? ''].map((part) => part.toUpperCase()).join(' ');
}
