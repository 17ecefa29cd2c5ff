import { Inject, Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import type { Endpoint, OcpiVersion } from '@voltap/ocpi/model';
import type { ConfigOf } from '@voltap/platform/config';
import { credentialsConfig } from '../credentials.config.js';
import type { Partner } from '../domain/partner.js';
import { missingEndpoints, requiredEndpoints } from '../domain/required-endpoints.js';
import { PartnerApi } from './partner-api.js';
import { quirksOf } from './partner-quirks.js';

/** Reads what a partner offers, with the token that it just gave us (CRED-02). Never inside a transaction. */
@Injectable()
export class InspectPartner {
  constructor(
    private readonly api: PartnerApi,
    @Inject(credentialsConfig.token) private readonly config: ConfigOf<typeof credentialsConfig>,
  ) {}

  /**
   * @returns its endpoints in the version, all that we need among them.
   * @throws VoltapError partner_unreachable (3001), unsupported_version (3002), missing_endpoints (3003).
   */
  async execute(
    partner: Partner,
    peer: { readonly url: string; readonly token: string },
    version: OcpiVersion,
  ): Promise<readonly Endpoint[]> {
    const signal = AbortSignal.timeout(this.config.VOLTAP_REGISTRATION_TIMEOUT_MS);
    const question = { partnerId: partner.id, token: peer.token, version, signal };
    const versions = await this.api.versions({ ...question, url: peer.url });
    const entry = versions.find((offered) => offered.version === version);
    if (entry === undefined) {
      throw new VoltapError(
        'unsupported_version',
        `Your versions endpoint lists ${versions.map((offered) => offered.version).join(', ') || 'nothing'}, not ${version}`,
      );
    }
    const details = await this.api.versionDetails({ ...question, url: entry.url });
    if (details.version !== version) {
      throw new VoltapError(
        'partner_unreachable',
        `The details that you list for ${version} are those of ${details.version}`,
      );
    }
    const { pullOnly, paymentsIn221 } = quirksOf(partner);
    const payments = partner.profile === 'payter' && (version !== '2.2.1' || paymentsIn221);
    const { endpoints } = details;
    const missing = missingEndpoints(requiredEndpoints({ pullOnly, payments }), endpoints);
    if (missing.length > 0) {
      const names = missing.map(({ identifier, role }) => (role === null ? identifier : `${identifier} ${role}`));
      throw new VoltapError('missing_endpoints', `Your version details lack ${names.join(', ')}`);
    }
    return endpoints;
  }
}
