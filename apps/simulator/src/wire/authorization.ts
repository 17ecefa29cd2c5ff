/** `Token <Base64 of the token>` (TRN-01, TRN-02); with `plain` the token as it is, as some do (TRN-06). */
export function tokenHeader(token: string, plain = false): string {
  return `Token ${plain ? token : Buffer.from(token, 'utf8').toString('base64')}`;
}

export interface ReadToken {
  readonly token: string | null;
  /** What is wrong with the header, in words for the list of complaints. */
  readonly problem: string | null;
}

/** Reads an Authorization header as strictly as OCPI writes it: one space, padded Base64, no trailing line feed. */
export function readTokenHeader(header: string | undefined, plain = false): ReadToken {
  if (header === undefined) return { token: null, problem: 'the Authorization header is missing' };
  if (plain) {
    const token = /^Token (\S+)$/.exec(header)?.[1] ?? null;
    return { token, problem: token === null ? 'the Authorization header is not "Token <token>"' : null };
  }
  const match = /^Token ([A-Za-z0-9+/]+={0,2})$/.exec(header);
  if (!match?.[1] || match[1].length % 4 !== 0) {
    return { token: null, problem: 'the Authorization header is not "Token <Base64>"' };
  }
  return { token: Buffer.from(match[1], 'base64').toString('utf8'), problem: null };
}
