import type { CommandResult, Tariff, Token } from '@voltap/ocpi/model';

export type CommandKind = 'START_SESSION' | 'STOP_SESSION';

/** A command that was promised to a partner, from the promise to its one outcome. */
export interface Command {
  readonly id: string;
  readonly kind: CommandKind;
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
}

export interface CommandOutcome {
  readonly result: CommandResult;
  readonly decidedBy: 'BACK_END' | 'DEADLINE';
  readonly completedAt: Date;
}

/** A failed start may be tried again with the same reference; what runs or succeeded is answered alike. */
export function mayBeTriedAgain(command: Command): boolean {
  return command.outcome !== null && command.outcome.result.result !== 'ACCEPTED';
}

/** Where and for what a start was asked: the same again is the same start. */
export function startSubject(reference: string, target: { location_id: string; evse_uid?: string | null }): string {
  return [reference, target.location_id, target.evse_uid ?? ''].map((part) => part.toUpperCase()).join(' ');
}
