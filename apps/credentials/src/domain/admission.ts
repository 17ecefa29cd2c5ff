import { VoltapError } from '@voltap/kernel';
import type { InboundToken, Partner } from './partner.js';

type TokenScope = InboundToken['scope'];

/**
 * The token by which a caller of this scope is let in now.
 * @throws VoltapError unauthorized when its token has died since the gateway looked.
 */
export function admitted(partner: Partner | null, scope: TokenScope): InboundToken {
  const token = partner?.inboundToken;
  const open = partner?.status === 'PENDING' || partner?.status === 'REGISTERED';
  if (!open || token === undefined || token === null || token.scope !== scope) {
    throw new VoltapError('unauthorized', 'This token opens nothing any more');
  }
  return token;
}

/** As `admitted`, for POST: once registered it is not offered (CRED-06), also to the loser of two at once. */
export function admittedToRegister(partner: Partner | null, scope: TokenScope): InboundToken {
  if (partner?.status === 'REGISTERED') {
    throw new VoltapError('method_not_allowed', 'You are registered; change your credentials with PUT');
  }
  return admitted(partner, scope);
}

/** As `admitted`, for PUT and DELETE: not offered before registration (CRED-07, CRED-08, CRED-35). */
export function admittedToChange(partner: Partner | null, scope: TokenScope): InboundToken {
  const token = admitted(partner, scope);
  if (scope !== 'full') throw new VoltapError('method_not_allowed', 'You are not registered; register with POST');
  return token;
}
