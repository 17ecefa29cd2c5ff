import { Injectable } from '@nestjs/common';
import { partnerRegistered } from '@voltap/contracts/events';
import { Ids } from '@voltap/kernel';
import { openedPartner, type PartnerTerms, type StoredPartner } from '../domain/partner.js';
import { ChangePartner } from './change-partner.js';
import { IssueToken } from './issue-token.js';

export interface OpenedConnection {
  readonly partner: StoredPartner;
  /** In clear, this once. */
  readonly tokenA: string;
}

/** The operator opens a connection; the partner registers with its Token A. */
@Injectable()
export class OpenConnection {
  constructor(
    private readonly ids: Ids,
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
  ) {}

  async execute(terms: PartnerTerms): Promise<OpenedConnection> {
    const { token, stored } = this.issueToken.execute('registration');
    const partner = await this.changePartner.open({
      partner: openedPartner(this.ids.next(), terms, stored),
      told: partnerRegistered,
    });
    return { partner, tokenA: token };
  }
}
