import type { Convert } from './conversion.js';
import { ENUMS_221 } from './schemas-221.js';

const TOKEN_TYPES: ReadonlySet<unknown> = new Set(ENUMS_221.TokenType.options);

/** EMAID and types of other parties become OTHER. Used for tokens and their copies in sessions and CDRs. */
export const tokenTypeTo221: Convert = (token, run, pointer) => {
  if (token.type === undefined || TOKEN_TYPES.has(token.type)) return token;
  run.lose(`${pointer}/type`, `${String(token.type)} is not in OCPI 2.2.1`);
  return { ...token, type: 'OTHER' };
};
