import { servedModules } from '@voltap/ocpi/endpoints';
import type { Credentials, OcpiVersion, Version, VersionDetails } from '@voltap/ocpi/model';
import type { Partner } from '../domain/partner.js';
import { quirksOf } from './partner-quirks.js';

/** Where every partner begins: our versions endpoint (CRED-26). */
export function ownVersionsUrl(publicUrl: string): string {
  return `${publicUrl}/ocpi/cpo/versions`;
}

/** The versions that this partner is offered, highest first (VER-01, VER-11). */
export function versionsFor(partner: Partner, publicUrl: string): Version[] {
  return partner.versions.map((version) => ({ version, url: `${publicUrl}/ocpi/cpo/${version}` }));
}

/**
 * What we serve to this partner in a version (VER-02 to VER-07); payments in 2.2.1 only where it is agreed (VER-13).
 * @returns null when the partner is not offered the version.
 */
export function versionDetailsFor(partner: Partner, version: OcpiVersion, publicUrl: string): VersionDetails | null {
  if (!partner.versions.includes(version)) return null;
  const { paymentsIn221 } = quirksOf(partner);
  return {
    version,
    endpoints: servedModules(version)
      .filter(({ identifier }) => identifier !== 'payments' || version !== '2.2.1' || paymentsIn221)
      .map(({ identifier, role }) => ({ identifier, role, url: `${publicUrl}/ocpi/cpo/${version}/${identifier}` })),
  };
}

/** Our side of an exchange: a role for each of our parties that the partner deals with (CRED-01, CRED-27, CRED-28). */
export function ownCredentials(partner: Partner, token: string, publicUrl: string): Credentials {
  return {
    token,
    url: ownVersionsUrl(publicUrl),
    roles: partner.parties.map(({ country_code, party_id, name }) => ({
      role: 'CPO',
      business_details: { name },
      country_code,
      party_id,
    })),
  };
}
