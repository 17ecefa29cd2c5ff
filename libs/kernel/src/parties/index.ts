/** An OCPI party: ISO 3166-1 alpha-2 country and three-character party id. Compared case-insensitively (FMT-02). */
export interface Party {
  readonly country_code: string;
  readonly party_id: string;
}

/** Normalised text of a party, `DE*VLT`: the form in keys, rows and logs. */
export type PartyKey = string & { readonly __partyKey: unique symbol };

const PARTY = /^([A-Z]{2})\*([A-Z0-9]{1,3})$/;

export function partyKey(party: Party): PartyKey {
  return parsePartyKey(`${party.country_code}*${party.party_id}`);
}

/** @throws RangeError when the text is not `CC*PID`. */
export function parsePartyKey(text: string): PartyKey {
  const upper = text.toUpperCase();
  if (!PARTY.test(upper)) throw new RangeError(`not a party (CC*PID): ${text}`);
  return upper as PartyKey;
}

export function partyOf(key: PartyKey): Party {
  const [country_code, party_id] = key.split('*') as [string, string];
  return { country_code, party_id };
}

export function sameParty(left: Party, right: Party): boolean {
  return (
    left.country_code.toUpperCase() === right.country_code.toUpperCase() &&
    left.party_id.toUpperCase() === right.party_id.toUpperCase()
  );
}

/** Key of an object that a party owns, `DE*VLT*<id>`; ids are CiStrings and compare without case. */
export function objectKey(party: Party, id: string): string {
  return `${partyKey(party)}*${id.toUpperCase()}`;
}
