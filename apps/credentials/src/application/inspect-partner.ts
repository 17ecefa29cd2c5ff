import { Inject, Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import type { Endpoint, OcpiVersion } from '@voltap/ocpi/model';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import { brief } from '../domain/brief.js';
import { chooseVersion } from '../domain/choose-version.js';
import type { Partner } from '../domain/partner.js';
import { foreignAddresses } from '../domain/partner-addresses.js';
import { missingEndpoints, requiredEndpoints } from '../domain/required-endpoints.js';
import type { PartnerConversation } from './partner-api.js';
import { quirksOf } from './partner-quirks.js';

export interface Inspection {
  /** The partner's versions endpoint. */
  readonly url: string;
  /** Undefined: the highest that both offer. */
  readonly version: OcpiVersion | undefined;
  /** Ours, without trailing slash. */
  readonly publicUrl: string;
}

export interface Inspected {
  readonly version: OcpiVersion;
  /** All that the partner offers in the version; what we need is among it. */
  readonly endpoints: readonly Endpoint[];
}

/** More than all versions have together. */
const MOST_ENDPOINTS = 200;

/** Modules that we may call at a partner; of others it may list what it likes (VER-09). */
const CALLED = new Set(['credentials', 'locations', 'tariffs', 'sessions', 'cdrs', 'commands', 'tokens', 'payments']);

/** Reads what a partner offers (CRED-02, CRED-20), and whether it is enough and may be called. Never in a transaction. */
@Injectable()
export class InspectPartner {
  constructor(@Inject(credentialsConfig.token) private readonly config: CredentialsConfig) {}

  /** @throws VoltapError partner_unreachable (3001), unsupported_version (3002), missing_endpoints (3003). */
  async execute(
    partner: Partner,
    { url, publicUrl, ...wanted }: Inspection,
    api: PartnerConversation,
  ): Promise<Inspected> {
    const signal = AbortSignal.timeout(this.config.VOLTAP_REGISTRATION_TIMEOUT_MS);
    const [highest = '2.3.0'] = partner.versions;
    assertOurs(foreignAddresses([url], { ...partner, publicUrl }));
    const listed = await api.versions(url, wanted.version ?? highest, signal);
    const { version, url: detailsUrl } = chooseVersion(listed, partner.versions, wanted.version);
    assertOurs(foreignAddresses([detailsUrl], { ...partner, publicUrl }));
    const details = await api.versionDetails(detailsUrl, version, signal);
    if (details.version !== version) {
      throw new VoltapError(
        'partner_unreachable',
        `The version details that are listed for ${version} are those of ${brief(details.version)}`,
      );
    }
    if (details.endpoints.length > MOST_ENDPOINTS) {
      throw new VoltapError('partner_unreachable', `The version details list ${details.endpoints.length} endpoints`);
    }
    this.assertComplete(partner, version, details.endpoints);
    const urls = details.endpoints.filter(({ identifier }) => CALLED.has(identifier)).map((endpoint) => endpoint.url);
    assertOurs([...foreignAddresses(urls, { ...partner, publicUrl }), ...(await api.refusedAddresses(urls))]);
    return { version, endpoints: details.endpoints };
  }

  private assertComplete(partner: Partner, version: OcpiVersion, endpoints: readonly Endpoint[]): void {
    const { pullOnly, paymentsIn221, requiresPayments } = quirksOf(partner);
    const payments = requiresPayments && (version !== '2.2.1' || paymentsIn221);
    const required = partner.requiredEndpoints ?? requiredEndpoints({ pullOnly, payments });
    const missing = missingEndpoints(required, endpoints);
    if (missing.length > 0) {
      throw new VoltapError('missing_endpoints', `The version details lack ${missing.join(', ')}`);
    }
  }
}

function assertOurs(refused: readonly { readonly url: string; readonly reason: string }[]): void {
  const [first] = refused;
  if (first === undefined) return;
  throw new VoltapError('partner_unreachable', `${brief(first.url)} must not be called: ${first.reason}`);
}
