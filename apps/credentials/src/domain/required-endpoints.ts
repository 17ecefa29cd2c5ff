import type { Endpoint, InterfaceRole } from '@voltap/ocpi/model';

export interface RequiredEndpoint {
  readonly identifier: string;
  readonly role: InterfaceRole;
}

/** Without these the partner would never hear of a charge and its price. */
const PUSHED: readonly RequiredEndpoint[] = [
  { identifier: 'sessions', role: 'RECEIVER' },
  { identifier: 'cdrs', role: 'RECEIVER' },
];
/** Where terminals are read and assigned. */
const PAYMENTS: RequiredEndpoint = { identifier: 'payments', role: 'SENDER' };

/**
 * The endpoints that a partner must offer before anything is agreed (CRED-18, CRED-19). Receivers of locations and tariffs
 * are not among them, since terminal providers mirror both by polling; nor is the Sender of commands, since results go
 * to the `response_url` of each command. An operator who wants more of a partner says so in its terms.
 */
export function requiredEndpoints(partner: {
  /** Nothing is pushed to it. */
  readonly pullOnly: boolean;
  /** It has terminals. */
  readonly payments: boolean;
}): readonly RequiredEndpoint[] {
  return [...(partner.pullOnly ? [] : PUSHED), ...(partner.payments ? [PAYMENTS] : [])];
}

/** Names of what is missing. Credentials is required of everybody, and the role of its entry is disregarded (VER-05). */
export function missingEndpoints(
  required: readonly RequiredEndpoint[],
  offered: readonly Endpoint[],
): readonly string[] {
  const credentials = offered.some(({ identifier }) => identifier === 'credentials') ? [] : ['credentials'];
  const missing = required.filter(
    ({ identifier, role }) =>
      identifier !== 'credentials' &&
      !offered.some((endpoint) => endpoint.identifier === identifier && endpoint.role === role),
  );
  return [...credentials, ...missing.map(({ identifier, role }) => `${identifier} ${role}`)];
}
