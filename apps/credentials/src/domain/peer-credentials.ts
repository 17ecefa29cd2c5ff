import { type FieldViolation, type Party, partyKey, sameParty, VoltapError } from '@voltap/kernel';
import type { Credentials } from '@voltap/ocpi/model';

/** More than any platform of terminals speaks for; each is bound one by one. */
const MOST_ROLES = 200;
const TOKEN = /^[\x21-\x7e]{1,64}$/;

/**
 * What the schema cannot say of a partner's credentials (CRED-24, CRED-27).
 * @param agreed parties that the partner may name; empty: any.
 * @throws VoltapError invalid_parameter.
 */
export function checkPeerCredentials({ token, roles }: Credentials, agreed: readonly Party[]): void {
  const violations: FieldViolation[] = [];
  if (!TOKEN.test(token)) {
    violations.push({ pointer: '/token', message: 'must be 1 to 64 characters from U+0021 to U+007E' });
  }
  if (roles.length > MOST_ROLES) {
    const violations = [{ pointer: '/roles', message: `has ${roles.length} entries; ${MOST_ROLES} are taken` }];
    throw new VoltapError('invalid_parameter', 'The credentials are invalid', { violations });
  }
  const seen = new Set<string>();
  roles.forEach((entry, index) => {
    const key = `${entry.role.toUpperCase()} ${partyKey(entry)}`;
    if (seen.has(key)) violations.push({ pointer: `/roles/${index}`, message: 'role and party are there twice' });
    seen.add(key);
    if (agreed.length > 0 && !agreed.some((party) => sameParty(party, entry))) {
      violations.push({ pointer: `/roles/${index}/party_id`, message: `${partyKey(entry)} was not agreed` });
    }
  });
  if (violations.length > 0) throw new VoltapError('invalid_parameter', 'The credentials are invalid', { violations });
}
