import type { InterfaceRole, OcpiVersion } from '../model/index.js';
import { cdrs, locations, sessions, tariffs } from './charging.js';
import { credentials, versions } from './configuration.js';
import { chargingProfiles, hubClientInfo, invoiceReconciliation } from './optional.js';
import { commands, payments, tokens } from './payment.js';
import type { EndpointRow, OcpiModule } from './row.js';

/** All rows, by module and interface: `endpoints.locations.sender.list`. */
export const endpoints = {
  versions,
  credentials,
  locations,
  tariffs,
  sessions,
  cdrs,
  tokens,
  commands,
  payments,
  chargingProfiles,
  hubClientInfo,
  invoiceReconciliation,
};

/** The interfaces that a CPO with payment terminals serves; everything else is called at the peer. */
const SERVED: readonly Readonly<Record<string, EndpointRow>>[] = [
  versions,
  credentials,
  locations.sender,
  tariffs.sender,
  sessions.sender,
  cdrs.sender,
  commands.receiver,
  tokens.receiver,
  payments.receiver,
];

/** The rows we serve as CPO in a version. */
export function servedRows(version: OcpiVersion): readonly EndpointRow[] {
  return SERVED.flatMap((rows) => Object.values(rows)).filter((row) => row.since === undefined || row.since <= version);
}

export interface ServedModule {
  readonly identifier: Exclude<OcpiModule, 'versions'>;
  readonly role: InterfaceRole;
}

/** Whether a token that only opens registration may call the row (TRN-07). */
export function opensWithRegistrationToken(row: EndpointRow): boolean {
  return row.module === 'versions' || row.module === 'credentials';
}

/** Whether requests of the row and their answers name parties in headers; the configuration modules do not (RTE-04). */
export function carriesRouting(row: EndpointRow): boolean {
  return !opensWithRegistrationToken(row) && row.module !== 'hubclientinfo';
}

/**
 * The modules of our version details, in a stable order; the caller adds the URL, `{public}/ocpi/cpo/{version}/{identifier}`
 * (VER-04..07), and leaves out `payments` for a 2.2.1 peer that did not agree on it (VER-13).
 */
export function servedModules(version: OcpiVersion): readonly ServedModule[] {
  const modules = new Map<OcpiModule, ServedModule>();
  for (const { module, role } of servedRows(version)) {
    if (module !== 'versions' && !modules.has(module)) modules.set(module, { identifier: module, role });
  }
  return [...modules.values()];
}
