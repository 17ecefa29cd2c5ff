import type { PartnerState } from '@voltap/contracts/events';
import type { Partner } from '../domain/partner.js';

/** What every service may know of a partner. A suspended partner's token is kept to ourselves: it opens nothing. */
export function stateOf(partner: Partner): PartnerState {
  const { inboundToken } = partner;
  return {
    partnerId: partner.id,
    name: partner.name,
    status: partner.status,
    profile: partner.profile,
    settings: { ...partner.settings },
    parties: [...partner.parties],
    customerReferences: [...partner.customerReferences],
    versions: [...partner.versions],
    version: partner.version,
    roles: [...partner.roles],
    endpoints: [...partner.endpoints],
    inboundTokens:
      inboundToken === null || partner.status === 'SUSPENDED'
        ? []
        : [{ hash: inboundToken.hash, scope: inboundToken.scope, expiresAt: null }],
    outboundToken: partner.outboundToken,
  };
}
