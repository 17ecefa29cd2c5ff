import { type Party, parsePartyKey, partyOf, VoltapError } from '@voltap/kernel';

/** The party of a path `/:country_code/:party_id`, normalised. @throws VoltapError invalid_parameter. */
export function partyParameter(params: Readonly<Record<string, string>>): Party {
  const text = `${params.country_code}*${params.party_id}`;
  try {
    return partyOf(parsePartyKey(text));
  } catch (cause) {
    throw new VoltapError('invalid_parameter', `path: ${text} is no party; a party is like DE/VLT.`, {
      violations: [{ pointer: 'path/party_id', message: 'country code (2 letters) and party id (up to 3 characters)' }],
      cause,
    });
  }
}

/** A parameter that the route has. */
export function pathParameter(params: Readonly<Record<string, string>>, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
}
