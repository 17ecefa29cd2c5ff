import type { Endpoint, InterfaceRole } from '@voltap/ocpi/model';

export interface RequiredEndpoint {
  readonly identifier: string;
  /** Null where the role of the entry is disregarded (VER-05). */
  readonly role: InterfaceRole | null;
}

const CREDENTIALS: RequiredEndpoint = { identifier: 'credentials', role: null };
/** Without these the partner would never hear of a charge and its price. */
const PUSHED: readonly RequiredEndpoint[] = [
  { identifier: 'sessions', role: 'RECEIVER' },
  { identifier: 'cdrs', role: 'RECEIVER' },
];
/** Where terminals are read and assigned. */
const PAYMENTS: RequiredEndpoint = { identifier: 'payments', role: 'SENDER' };

/**
 * The endpoints that a partner must offer before we agree (CRED-18). Receivers of locations and tariffs are not among
 * them, since terminal providers mirror both by polling; nor is the Sender of commands, since results go to the
 * `response_url` of each command.
 */
export function requiredEndpoints(partner: {
  /** Nothing is pushed to it. */
  readonly pullOnly: boolean;
  /** It has terminals. */
  readonly payments: boolean;
}): readonly RequiredEndpoint[] {
  return [CREDENTIALS, ...(partner.pullOnly ? [] : PUSHED), ...(partner.payments ? [PAYMENTS] : [])];
}

export function missingEndpoints(
  required: readonly RequiredEndpoint[],
  offered: readonly Endpoint[],
): readonly RequiredEndpoint[] {
  return required.filter(
    ({ identifier, role }) =>
      !offered.some((endpoint) => endpoint.identifier === identifier && (role === null || endpoint.role === role)),
  );
}
