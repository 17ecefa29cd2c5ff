import type { PartnerState } from '@voltap/contracts/events';
import { alive, type InboundToken } from '../domain/inbound-token.js';
import type { Partner } from '../domain/partner.js';

/** What every service may know of a partner. A suspended partner's tokens are kept to ourselves: they open nothing. */
export function stateOf(partner: Partner, now: Date): PartnerState {
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
      partner.status === 'SUSPENDED' ? [] : alive(partner.tokens, now).map((token) => seen(token, partner)),
    outboundToken: partner.outboundToken,
  };
}

function seen(
  { hash, use, expiresAt }: InboundToken,
  { status, exchange }: Partner,
): PartnerState['inboundTokens'][number] {
  const traffic = use === 'current' || use === 'retired' || (use === 'offered' && status === 'REGISTERED');
  return {
    hash,
    scope: traffic ? 'full' : 'registration',
    expiresAt: expiresAt?.toISOString() ?? null,
    ...(use === 'offered' && !traffic && exchange !== null ? { settling: true } : {}),
  };
}
