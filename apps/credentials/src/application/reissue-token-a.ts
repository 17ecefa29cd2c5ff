import { Injectable } from '@nestjs/common';
import { partnerUpdated } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { reopened } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { ChangePartner } from './change-partner.js';
import { done } from './happened.js';
import { OpenConnection, type OpenedConnection } from './open-connection.js';

/** A new Token A for a partner that lost the old one, was unregistered, or never got the answer to its registration. */
@Injectable()
export class ReissueTokenA {
  constructor(
    private readonly openConnection: OpenConnection,
    private readonly changePartner: ChangePartner,
  ) {}

  /**
   * @param wish whether a registration that is in force shall end by it; how many hours the token is good for.
   * @throws VoltapError not_found; conflict when the partner is registered and shall stay so, or is suspended.
   */
  async execute(
    partnerId: string,
    wish: { readonly endRegistration: boolean; readonly tokenAHours?: number | undefined },
    cause: Cause,
  ): Promise<OpenedConnection> {
    const { token, stored } = this.openConnection.issueTokenA(wish.tokenAHours);
    const partner = await this.changePartner.execute(partnerId, (current) => {
      if (current.status === 'SUSPENDED') {
        throw new VoltapError('conflict', 'The partner is suspended; end the suspension first.');
      }
      if (current.status === 'REGISTERED' && !wish.endRegistration) {
        throw new VoltapError(
          'conflict',
          'The partner is registered and would lose its connection; send "endRegistration": true if it shall.',
        );
      }
      const message = `New Token A, good until ${stored.expiresAt?.toISOString()}; all tokens of before are dead`;
      const happened = done({ action: 'issue-token-a', cause }, message);
      return { partner: reopened(current, stored), told: partnerUpdated, happened };
    });
    return { partner, tokenA: token };
  }
}
