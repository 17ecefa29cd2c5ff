import { Injectable } from '@nestjs/common';
import { PullSchedule } from '../store/pull-schedule.js';
import { PartnerTerminals } from './partner-terminals.js';
import { ReceiveConfirmation } from './receive-confirmation.js';
import { ReceiveTerminal } from './receive-terminal.js';

export interface PullSummary {
  readonly terminals: number;
  readonly confirmations: number;
}

const DAILY_SECONDS = 24 * 60 * 60;
const AFTER_FAILURE_SECONDS = 5 * 60;

/** Fetches a PTP's terminals and confirmations, so that a push that was lost is made good (PAY-40, PAY-51, OFF-03). */
@Injectable()
export class PullFromPartner {
  constructor(
    private readonly partnerTerminals: PartnerTerminals,
    private readonly receiveTerminal: ReceiveTerminal,
    private readonly receiveConfirmation: ReceiveConfirmation,
    private readonly schedule: PullSchedule,
  ) {}

  /** @throws VoltapError partner_unreachable, partner_refused; what was fetched before is kept. */
  async execute(partnerId: string): Promise<PullSummary> {
    await this.schedule.next(partnerId, AFTER_FAILURE_SECONDS);
    let terminals = 0;
    for await (const terminal of this.partnerTerminals.all(partnerId)) {
      await this.receiveTerminal.execute(partnerId, terminal, 'whole');
      terminals += 1;
    }
    let confirmations = 0;
    for await (const confirmation of this.partnerTerminals.allConfirmations(partnerId)) {
      await this.receiveConfirmation.execute(partnerId, confirmation);
      confirmations += 1;
    }
    await this.schedule.next(partnerId, DAILY_SECONDS);
    return { terminals, confirmations };
  }
}
