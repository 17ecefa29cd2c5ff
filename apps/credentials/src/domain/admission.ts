import { VoltapError } from '@voltap/kernel';
import { type InboundToken, isAlive } from './inbound-token.js';
import { exchanging, type Partner } from './partner.js';

/** What is asked of credentials. */
export type CredentialsRequest = 'read' | 'register' | 'update' | 'end';

/** Which token a caller came with, as the gateway found it. */
export interface Presented {
  readonly hash: string;
  readonly now: Date;
}

/**
 * The token by which a caller is let in now, for what it asks.
 *
 * POST is not offered to who is registered (CRED-06), PUT and DELETE are not to who is not (CRED-07, CRED-08, CRED-35). A
 * Token A that was used is unknown to everything (CRED-03) but to a POST, which may repeat the one whose answer was lost.
 * @throws VoltapError unauthorized when its token has died since the gateway looked; method_not_allowed;
 *   unavailable while an exchange that we started is under way.
 */
export function admitted(
  partner: Partner | null,
  asked: CredentialsRequest,
  { hash, now }: Presented,
): { readonly partner: Partner; readonly token: InboundToken } {
  const token = partner?.tokens.find((candidate) => candidate.hash === hash && isAlive(candidate, now));
  const open = partner?.status === 'PENDING' || partner?.status === 'REGISTERED';
  if (partner === null || !open || token === undefined) throw dead();
  if (token.use === 'spent' && asked !== 'register') throw dead();
  if (asked === 'read') return { partner, token };
  const registered = partner.status === 'REGISTERED';
  if (asked === 'register' && registered && token.use !== 'spent') throw alreadyRegistered();
  if (asked !== 'register' && !registered) {
    throw new VoltapError('method_not_allowed', 'You are not registered; register with POST');
  }
  if (asked === 'register' && token.use === 'offered') {
    throw new VoltapError('method_not_allowed', 'This token was given to you by a registration of ours');
  }
  if (exchanging(partner, now) && asked !== 'end') {
    throw new VoltapError('unavailable', 'An exchange that we started is under way; try again in a minute');
  }
  return { partner, token };
}

export function alreadyRegistered(): VoltapError {
  return new VoltapError('method_not_allowed', 'You are registered; change your credentials with PUT');
}

function dead(): VoltapError {
  return new VoltapError('unauthorized', 'This token opens nothing any more');
}
