import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { Sealer } from '@voltap/platform/security';
import type { InboundToken } from '../domain/inbound-token.js';

/** 288 bits as 48 characters that need no escaping anywhere (CRED-24). */
const TOKEN_BYTES = 36;

export interface IssuedToken {
  /** In clear: for the partner, never stored. */
  readonly token: string;
  readonly stored: InboundToken;
}

/** Makes the tokens by which partners call us. */
@Injectable()
export class IssueToken {
  constructor(
    private readonly sealer: Sealer,
    private readonly clock: Clock,
  ) {}

  /** @param lastsMs how long it is good for; null: until it is replaced. */
  execute(use: 'registration' | 'offered' | 'current', lastsMs: number | null): IssuedToken {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const issuedAt = this.clock.now();
    const expiresAt = lastsMs === null ? null : new Date(issuedAt.getTime() + lastsMs);
    return {
      token,
      stored: { hash: this.sealer.hash(token), use, sealed: this.sealer.seal(token), issuedAt, expiresAt },
    };
  }
}
