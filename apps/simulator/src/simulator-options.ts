import { type Party, type PartyKey, parsePartyKey, partyOf } from '@voltap/kernel';
import type { BackEndOptions } from './back-end/back-end-options.js';
import type { CityOptions } from './back-end/city.js';
import type { PtpOptions } from './ptp/ptp-options.js';

/** What `startSimulator` can be told; everything has a default that suits local mode. */
export interface SimulatorOptions {
  /** Origin of the platform's public gateway. */
  readonly gatewayUrl?: string;
  /** Origin of the platform's back-office API. */
  readonly backOfficeUrl?: string;
  /** Key for the back-office API. */
  readonly apiKey: string;
  /** The CPO party whose charge points the back-end runs, `CC*PID`. */
  readonly party?: string;
  /** Port of the PTP's OCPI server; 0 takes a free one. */
  readonly ptpPort?: number;
  /** Port of the control endpoint; 0 takes a free one, null serves none. */
  readonly controlPort?: number | null;
  /** Where state is kept so that a restart resumes; null keeps nothing. */
  readonly stateDirectory?: string | null;
  /** The same seed gives the same city. */
  readonly seed?: number;
  readonly ptp?: Partial<PtpOptions>;
  readonly backEnd?: Partial<BackEndOptions>;
  readonly city?: Partial<CityOptions>;
  /** Parts to start; both by default. */
  readonly parts?: readonly ('ptp' | 'back-end')[];
}

export interface ResolvedOptions {
  readonly gatewayUrl: string;
  readonly backOfficeUrl: string;
  readonly apiKey: string;
  readonly party: Party;
  readonly partyKey: PartyKey;
  readonly controlPort: number | null;
  readonly host: string;
  readonly stateDirectory: string | null;
  readonly seed: number;
  readonly parts: readonly ('ptp' | 'back-end')[];
  readonly ptp: PtpOptions;
  readonly backEnd: BackEndOptions;
  readonly city: CityOptions;
}

/** @throws RangeError when the party is no `CC*PID`. */
export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  const partyKey = parsePartyKey(options.party ?? 'DE*VLT');
  const party = partyOf(partyKey);
  const host = options.ptp?.host ?? '127.0.0.1';
  return {
    gatewayUrl: options.gatewayUrl ?? 'http://127.0.0.1:4000',
    backOfficeUrl: options.backOfficeUrl ?? 'http://127.0.0.1:4001',
    apiKey: options.apiKey,
    party,
    partyKey,
    controlPort: options.controlPort === undefined ? 4011 : options.controlPort,
    host,
    stateDirectory: options.stateDirectory ?? null,
    seed: options.seed ?? 1,
    parts: options.parts ?? ['ptp', 'back-end'],
    ptp: {
      port: options.ptpPort ?? 4010,
      publicUrl: null,
      versions: ['2.3.0', '2.2.1'],
      party: { country_code: 'NL', party_id: 'PAY' },
      name: 'Payter (simulated)',
      role: 'PTP',
      plainToken: false,
      slashNeeded: false,
      takesTerminalPatch: true,
      withoutModules: [],
      tokenGraceMs: 5_000,
      confirmationPrices: 'spec',
      defaultReservation: '50',
      stopsAtLimit: true,
      confirmationRetryMs: 1_000,
      requestLogLimit: 5_000,
      ...options.ptp,
      host,
    },
    backEnd: {
      party,
      speed: 160,
      plannedMinutes: 42,
      reportEveryMs: 1_000,
      plugInSeconds: 45,
      plugInTimeoutSeconds: 300,
      pollSeconds: 25,
      ...options.backEnd,
    },
    city: {
      everyMs: 4_000,
      maxCharges: 8,
      speed: 60,
      cardIssuer: { country_code: 'DE', party_id: 'EMP' },
      ...options.city,
    },
  };
}
