import { type FieldViolation, partyKey, VoltapError } from '@voltap/kernel';
import type { Credentials } from '@voltap/ocpi/model';

const TOKEN = /^[\x21-\x7e]{1,64}$/;

/** What the schema cannot say of a partner's credentials (CRED-24, CRED-27). @throws VoltapError invalid_parameter. */
export function checkPeerCredentials({ token, roles }: Credentials): void {
  const violations: FieldViolation[] = [];
  if (!TOKEN.test(token)) {
    violations.push({ pointer: '/token', message: 'must be 1 to 64 characters from U+0021 to U+007E' });
  }
  const seen = new Set<string>();
  roles.forEach((entry, index) => {
    const key = `${entry.role.toUpperCase()} ${partyKey(entry)}`;
    if (seen.has(key)) violations.push({ pointer: `/roles/${index}`, message: 'role and party are there twice' });
    seen.add(key);
  });
  if (violations.length > 0) throw new VoltapError('invalid_parameter', 'The credentials are invalid', { violations });
}
