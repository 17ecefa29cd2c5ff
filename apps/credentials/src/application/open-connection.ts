import { Inject, Injectable } from '@nestjs/common';
import { partnerRegistered } from '@voltap/contracts/events';
import { Ids } from '@voltap/kernel';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import { openedPartner, type PartnerTerms, type StoredPartner } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { ChangePartner } from './change-partner.js';
import { done } from './happened.js';
import { IssueToken } from './issue-token.js';

export interface OpenedConnection {
  readonly partner: StoredPartner;
  /** In clear, this once. */
  readonly tokenA: string;
}

const HOUR_MS = 60 * 60 * 1000;

/** The operator opens a connection; the partner registers with its Token A, or we register with the partner's. */
@Injectable()
export class OpenConnection {
  constructor(
    private readonly ids: Ids,
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
    @Inject(credentialsConfig.token) private readonly config: CredentialsConfig,
  ) {}

  async execute(terms: PartnerTerms, cause: Cause, tokenAHours?: number): Promise<OpenedConnection> {
    const { token, stored } = this.issueTokenA(tokenAHours);
    const partner = await this.changePartner.open({
      partner: openedPartner(this.ids.next(), terms, stored),
      told: partnerRegistered,
      happened: done({ action: 'open', cause }, `Opened; Token A is good until ${stored.expiresAt?.toISOString()}`),
    });
    return { partner, tokenA: token };
  }

  /** A Token A for a connection that waits for its partner. */
  issueTokenA(hours = this.config.VOLTAP_CREDENTIALS_TOKEN_A_HOURS) {
    return this.issueToken.execute('registration', hours * HOUR_MS);
  }
}
