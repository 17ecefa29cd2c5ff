import { objectKey, type Party, sameParty } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';

/** What tells one token from another: the same uid under another type is another token (TOK-05). */
export interface TokenIdentity extends Party {
  readonly type: string;
  readonly uid: string;
}

/** Identity below the party, `<type>*<uid>`. */
export function tokenId({ type, uid }: Pick<TokenIdentity, 'type' | 'uid'>): string {
  return `${type}*${uid}`;
}

/** `country*party*type*uid`, without case. */
export function tokenKey(identity: TokenIdentity): string {
  return objectKey(identity, tokenId(identity));
}

/** Whether what arrived is older than what we have: a repetition that was overtaken (UPD-09). */
export function isOvertaken(stored: Token, arrived: { readonly last_updated: string }): boolean {
  return Date.parse(arrived.last_updated) < Date.parse(stored.last_updated);
}

/** Whether a token is of a party that the partner speaks for; one that named no roles speaks for whomever it says. */
export function maySpeakFor(roles: readonly Party[], token: Party): boolean {
  return roles.length === 0 || roles.some((role) => sameParty(role, token));
}
