import { VoltapError } from '@voltap/kernel';
import { partyParameter, pathParameter } from './party-parameter.js';

/**
 * The body of a PUT to `/:country_code/:party_id/:id` with the ids of the path, which it may leave out or repeat, and a
 * place for the time of modification, which is ours to give.
 * @throws VoltapError invalid_parameter when an id in the body differs.
 */
export function ownedBody(
  params: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const owned = { ...partyParameter(params), id: pathParameter(params, 'id') };
  for (const [field, value] of Object.entries(owned)) {
    const given = body[field];
    if (given === undefined || String(given).toUpperCase() === value.toUpperCase()) continue;
    throw new VoltapError('invalid_parameter', `/${field}: is ${String(given)}, but the path says ${value}.`, {
      violations: [{ pointer: `/${field}`, message: `must be ${value}, or be left out` }],
    });
  }
  return { ...body, ...owned, last_updated: new Date(0).toISOString() };
}
