import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sealer } from '@voltap/platform/security';
import type { InboundToken } from '../domain/partner.js';

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
  constructor(private readonly sealer: Sealer) {}

  execute(scope: InboundToken['scope']): IssuedToken {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    return { token, stored: { hash: this.sealer.hash(token), scope, sealed: this.sealer.seal(token) } };
  }
}
