import { type Party, sameParty, VoltapError } from '@voltap/kernel';
import type { CommandResponse, Location, Token } from '@voltap/ocpi/model';
import { type MessageKey, message } from '../domain/messages.js';
import type { Projections } from '../store/projections.js';

/** Who asks, as far as deciding needs it. */
export interface CommandCaller {
  readonly partnerId: string;
  readonly roles: readonly Party[];
  /** The CPO parties that the request may be about. */
  readonly parties: readonly Party[];
}

/** A command whose response URL is known to the gateway under this id. */
export interface Correlated {
  readonly correlationId: string;
}

/** The location that a partner means. @throws VoltapError unknown_location (CMD-08). */
export async function locate(
  projections: Projections,
  parties: readonly Party[],
  id: string,
): Promise<{ party: Party; location: Location }> {
  for (const party of parties) {
    const location = await projections.location(party, id);
    if (location !== null) return { party, location };
  }
  throw new VoltapError('unknown_location', `Location ${id} is unknown.`, {
    violations: [{ pointer: '/location_id', message: 'is not a location of this operator' }],
  });
}

/** Senders use their own tokens only (CMD-16). */
export function ownsToken({ roles }: CommandCaller, token: Token): boolean {
  return roles.length === 0 || roles.some((role) => sameParty(role, token));
}

export function rejected(reason: MessageKey): CommandResponse {
  return { result: 'REJECTED', timeout: 0, message: message(reason) };
}

export function notSupported(): CommandResponse {
  return { result: 'NOT_SUPPORTED', timeout: 0, message: message('notSupported') };
}
