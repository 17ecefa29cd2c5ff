const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const HEADER = /^Token +(\S+)$/i;

/** `Authorization` of a call: `Token <Base64 of the token>` (TRN-01, TRN-02), or the token itself by quirk (TRN-06). */
export function authorizationHeader(token: string, plain = false): string {
  return `Token ${plain ? token : Buffer.from(token, 'utf8').toString('base64')}`;
}

/** The encoded part of an `Authorization` header; undefined when it is missing or of another scheme. */
export function tokenOfHeader(header: string | undefined): string | undefined {
  return header === undefined ? undefined : HEADER.exec(header.trim())?.[1];
}

/**
 * The token in the encoded part. Strict Base64, never guessed (TRN-05, TRN-06); a trailing line feed inside the encoded
 * text is taken off (TRN-15).
 * @returns undefined when it cannot be a token.
 */
export function decodeToken(encoded: string, plain = false): string | undefined {
  if (plain) return encoded;
  if (encoded === '' || !BASE64.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  let token: string;
  try {
    token = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  return token.replace(/\r?\n$/, '') || undefined;
}
