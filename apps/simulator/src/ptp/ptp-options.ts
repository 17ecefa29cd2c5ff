import type { Party } from '@voltap/kernel';
import type { OcpiVersion } from '../wire/version.js';

export interface PtpOptions {
  /** Host that the OCPI server binds to. */
  readonly host: string;
  /** Port of the OCPI server; 0 takes a free one. */
  readonly port: number;
  /** Base under which the platform reaches us, without trailing slash; null: `http://{host}:{port}`. */
  readonly publicUrl: string | null;
  /** Versions that we announce at first; `credentials.offerVersions` changes them. */
  readonly versions: readonly OcpiVersion[];
  /** Who we are in OCPI. */
  readonly party: Party;
  readonly name: string;
  /** Role string in our credentials: partners name a PTP differently (CRED-29). */
  readonly role: string;
  /** Whether tokens are sent, and expected, as they are instead of in Base64 (TRN-06). */
  readonly plainToken: boolean;
  /** Whether only URLs that end in a slash are served, as some servers have it (TRN-13). */
  readonly slashNeeded: boolean;
  /** Whether terminals may be PATCHed here; else they are PUT as a whole. */
  readonly takesTerminalPatch: boolean;
  /** Modules that are not announced. */
  readonly withoutModules: readonly string[];
  /** Milliseconds for which a token that was replaced is still taken. */
  readonly tokenGraceMs: number;
  /** Shape of total_costs in confirmations: by version, or always the one of 2.2.1 as the specification's examples have it. */
  readonly confirmationPrices: 'spec' | 'sloppy';
  /** Reserved when the tariff names no amount; decimal text with VAT. */
  readonly defaultReservation: string;
  /** Whether we send STOP_SESSION when the running cost reaches the reserved amount. */
  readonly stopsAtLimit: boolean;
  /** Milliseconds between two attempts to deliver a confirmation. */
  readonly confirmationRetryMs: number;
  /** Requests kept for inspection. */
  readonly requestLogLimit: number;
}
