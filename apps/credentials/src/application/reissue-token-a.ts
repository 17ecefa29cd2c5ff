import { Injectable } from '@nestjs/common';
import { partnerUpdated } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { reopened } from '../domain/partner.js';
import { ChangePartner } from './change-partner.js';
import { IssueToken } from './issue-token.js';
import type { OpenedConnection } from './open-connection.js';

/** A new Token A for a partner that lost the old one, was unregistered, or never got the answer to its registration. */
@Injectable()
export class ReissueTokenA {
  constructor(
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
  ) {}

  /**
   * @param endRegistration whether a registration that is in force shall end by it.
   * @throws VoltapError not_found; conflict when the partner is registered and shall stay so, or is suspended.
   */
  async execute(partnerId: string, endRegistration: boolean): Promise<OpenedConnection> {
    const { token, stored } = this.issueToken.execute('registration');
    const partner = await this.changePartner.execute(partnerId, (current) => {
      if (current.status === 'SUSPENDED') {
        throw new VoltapError('conflict', 'The partner is suspended; end the suspension first.');
      }
      if (current.status === 'REGISTERED' && !endRegistration) {
        throw new VoltapError(
          'conflict',
          'The partner is registered and would lose its connection; send "endRegistration": true if it shall.',
        );
      }
      return { partner: reopened(current, stored), told: partnerUpdated };
    });
    return { partner, tokenA: token };
  }
}
