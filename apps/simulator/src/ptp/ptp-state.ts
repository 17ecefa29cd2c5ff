import type { Party } from '@voltap/kernel';
import type { JsonObject } from '../wire/json.js';
import type { OcpiVersion } from '../wire/version.js';

export interface PartnerEndpoint {
  readonly identifier: string;
  readonly role: string;
  readonly url: string;
}

/** The connection with the platform after the credentials exchange. */
export interface Registration {
  readonly versionsUrl: string;
  readonly version: OcpiVersion;
  /** What the platform sends to us (token B). */
  readonly acceptedToken: string;
  /** What we send to the platform (token C). */
  readonly ownToken: string;
  readonly endpoints: readonly PartnerEndpoint[];
  /** The CPO parties of the platform. */
  readonly parties: readonly Party[];
}

export type HoldState = 'HELD' | 'CAPTURED' | 'RELEASED';

/** Money reserved on the card. Amounts are decimal texts with VAT. */
export interface Hold {
  readonly reserved: string;
  readonly currency: string;
  state: HoldState;
  captured: string;
}

export type ChargePhase =
  | 'STARTING'
  | 'STARTED'
  | 'PENDING'
  | 'CHARGING'
  | 'STOPPING'
  | 'SETTLING'
  | 'SETTLED'
  | 'FAILED';

export interface SentCommand {
  readonly callbackId: string;
  readonly command: 'START_SESSION' | 'STOP_SESSION';
  readonly sentAt: string;
  /** The CommandResponse; null while unanswered. */
  response: JsonObject | null;
}

/** A charge as the terminal that sold it sees it. */
export interface TerminalCharge {
  readonly authorizationReference: string;
  readonly terminalId: string;
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
  readonly tariffId: string | null;
  readonly token: JsonObject;
  readonly tappedAt: string;
  phase: ChargePhase;
  /** Why it failed: `EVSE_INOPERATIVE`, `TIMEOUT`, …; null otherwise. */
  failure: string | null;
  /** DisplayTexts that the platform sent for the driver. */
  messages: JsonObject[];
  commands: SentCommand[];
  sessionKey: string | null;
  cdrKey: string | null;
  confirmationId: string | null;
}

export interface CapturedResult {
  readonly at: string;
  readonly raw: string;
  readonly body: JsonObject | null;
}

export interface StoredConfirmation {
  readonly confirmation: JsonObject;
  /** When the platform accepted it; null until then. */
  sentAt: string | null;
  /** Lost on purpose: it is never pushed, only listed. */
  lost: boolean;
  attempts: number;
}

/** All that outlives the process. Keys of objects are `CC*PID*ID` in upper case, of terminals the id in upper case. */
export interface PtpState {
  registration: Registration | null;
  /** Token A that we gave away, for a platform that starts the exchange itself. */
  offeredToken: string | null;
  terminals: Record<string, JsonObject>;
  /** Tokens that are listed, by owned key; those of one charge travel in START_SESSION only (payter.md F10). */
  tokens: Record<string, JsonObject>;
  holds: Record<string, Hold>;
  charges: Record<string, TerminalCharge>;
  sessions: Record<string, JsonObject>;
  cdrs: Record<string, JsonObject>;
  confirmations: Record<string, StoredConfirmation>;
  /** By callback id: every CommandResult received, in order. */
  commandResults: Record<string, CapturedResult[]>;
}

export function emptyPtpState(): PtpState {
  return {
    registration: null,
    offeredToken: null,
    terminals: {},
    tokens: {},
    holds: {},
    charges: {},
    sessions: {},
    cdrs: {},
    confirmations: {},
    commandResults: {},
  };
}
