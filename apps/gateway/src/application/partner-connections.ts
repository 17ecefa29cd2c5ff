import { Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import type { Party } from '@voltap/kernel';
import type { PartnerConnection } from '@voltap/ocpi/client';
import { isOcpiVersion, type OcpiVersion } from '@voltap/ocpi/model';
import { effectiveQuirks, type Quirks } from '@voltap/ocpi/profiles';
import { Sealer } from '@voltap/platform/security';

/** How a partner is called, from what the directory knows of it. */
@Injectable()
export class PartnerConnections {
  constructor(private readonly sealer: Sealer) {}

  /**
   * The connection of a registered partner; `own` is the party that the call is about, the first one by default.
   * @returns null when the partner cannot be called: it gave no token, or no version is agreed.
   */
  of(partner: PartnerState, own?: Party): PartnerConnection | null {
    if (partner.outboundToken === null || partner.version === null || !isOcpiVersion(partner.version)) return null;
    return this.with(partner, this.sealer.open(partner.outboundToken), partner.version, own);
  }

  /** The same with a token and version that are just being exchanged. */
  with(partner: PartnerState, token: string, version: OcpiVersion, own?: Party): PartnerConnection {
    const [peer] = partner.roles;
    const from = own ?? partner.parties[0];
    return {
      version,
      token,
      quirks: quirksOf(partner),
      endpoints: partner.endpoints,
      ...(from === undefined ? {} : { own: { country_code: from.country_code, party_id: from.party_id } }),
      ...(peer === undefined
        ? {}
        : {
            peer: { country_code: peer.country_code, party_id: peer.party_id },
            peerIsHub: peer.role === 'HUB',
          }),
    };
  }
}

/** The effective settings of a partner. */
export function quirksOf(partner: PartnerState): Readonly<Quirks> {
  return effectiveQuirks(partner.profile, partner.settings);
}
