import { VoltapError } from '@voltap/kernel';
import { effectiveQuirks, type Quirks } from '../profiles/index.js';

/** Who calls, as the gateway found by the token and signed for the services behind it. */
export interface PartnerCaller {
  readonly kind: 'partner';
  readonly partnerId: string;
  /** Negotiated OCPI version; null before registration. */
  readonly version: string | null;
  readonly profile: string;
  /** Settings that differ from the profile. */
  readonly quirks: Readonly<Record<string, unknown>>;
  /** `registration`: the token opens versions and credentials only (TRN-07). */
  readonly scope: 'registration' | 'full';
  /** Keyed hash of the token that it called with; a connection may have two while they are being exchanged. */
  readonly tokenHash?: string;
  /** Roles that the partner sent in its credentials. */
  readonly roles: readonly { readonly role: string; readonly country_code: string; readonly party_id: string }[];
  /** Keys (`DE*VLT`) of our parties that this partner may see. */
  readonly parties: readonly string[];
  /** Public base URL of the platform, without trailing slash. */
  readonly publicUrl: string;
}

/** @throws VoltapError unauthorized when the request did not come from a known partner through the gateway. */
export function partnerCallerOf(request: { readonly voltapCaller?: unknown }): PartnerCaller {
  const caller = request.voltapCaller as PartnerCaller | undefined;
  if (caller?.kind !== 'partner') {
    throw new VoltapError('unauthorized', 'A known credentials token is needed: Authorization: Token <Base64>');
  }
  return caller;
}

/** The effective settings of the caller. */
export function quirksOf(caller: PartnerCaller): Readonly<Quirks> {
  return effectiveQuirks(caller.profile, caller.quirks);
}
