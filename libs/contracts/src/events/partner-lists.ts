import { sameJson } from '@voltap/kernel';
import type { PartnerState } from './partners.js';

/** Whether a partner serves a list that we may pull: it is registered, and Sender of the module. */
export function servesList(partner: PartnerState, module: string): boolean {
  const sender = partner.endpoints.some(({ identifier, role }) => identifier === module && role === 'SENDER');
  return partner.status === 'REGISTERED' && sender;
}

/** Whether its lists may have become others, or reachable, with this change: with any but one of tokens. */
export function listsMayDiffer(before: PartnerState | null, now: PartnerState): boolean {
  return before === null || !sameJson(withoutTokens(before), withoutTokens(now));
}

function withoutTokens({ inboundTokens: _in, outboundToken: _out, ...rest }: PartnerState): object {
  return rest;
}
