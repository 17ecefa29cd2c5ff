/**
 * What a token by which the partner calls us is for:
 * `registration`: Token A, opens versions and credentials only (TRN-07), and dies by its use;
 * `spent`: Token A after its use, good for nothing but repeating the registration whose answer was lost;
 * `offered`: given to the partner in an exchange that we started, whose outcome we do not know (yet);
 * `current`: the one that was agreed;
 * `retired`: replaced, good until requests that were on their way have arrived.
 */
export type TokenUse = 'registration' | 'spent' | 'offered' | 'current' | 'retired';

/** A token by which the partner calls us. */
export interface InboundToken {
  /** Keyed hash, the only way to find it. */
  readonly hash: string;
  readonly use: TokenUse;
  /** Sealed, so that GET credentials can return it (CRED-13). */
  readonly sealed: string;
  readonly issuedAt: Date;
  /** From when on it opens nothing; null: until it is replaced. */
  readonly expiresAt: Date | null;
}

export function isAlive(token: InboundToken, now: Date): boolean {
  return token.expiresAt === null || token.expiresAt.getTime() > now.getTime();
}

/** The tokens that open something now. */
export function alive(tokens: readonly InboundToken[], now: Date): readonly InboundToken[] {
  return tokens.filter((token) => isAlive(token, now));
}

/**
 * The tokens after a new one was agreed: what the partner used until now is good for the grace, since requests of it are on
 * their way, and so is what it was offered before; a Token A is no token of traffic and has none.
 * @param graceMs how long; with 0 they die at once.
 */
export function succeededBy(
  next: InboundToken,
  before: readonly InboundToken[],
  now: Date,
  graceMs: number,
): readonly InboundToken[] {
  const end = new Date(now.getTime() + graceMs);
  const retired = alive(before, now)
    .filter(({ use, hash }) => hash !== next.hash && (use === 'current' || use === 'offered' || use === 'retired'))
    .map((token): InboundToken => {
      const sooner = token.use === 'retired' && token.expiresAt !== null && token.expiresAt < end;
      return { ...token, use: 'retired', expiresAt: sooner ? token.expiresAt : end };
    });
  return [next, ...(graceMs > 0 ? retired : [])];
}
