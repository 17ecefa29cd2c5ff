import { Injectable } from '@nestjs/common';
import { Database } from '@voltap/platform/persistence';
import { DeliveryDecisions } from '../store/delivery-decisions.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { DeliveryQueues } from './delivery-queues.js';
import { STATE_KINDS } from './state-kinds.js';

/**
 * A partner for which states were given up, and to which nothing is said any more, would be found to answer again only when
 * something changes: one of those states is opened, and its acceptance opens the others.
 */
@Injectable()
export class ProbePartners {
  constructor(
    private readonly database: Database,
    private readonly partnerQueues: PartnerQueues,
    private readonly decisions: DeliveryDecisions,
    private readonly queues: DeliveryQueues,
  ) {}

  async execute(): Promise<void> {
    for (const partnerId of await this.partnerQueues.owedInSilence()) {
      await this.database.transaction(async (transaction) => {
        await this.decisions.reopen(transaction, partnerId, { kinds: STATE_KINDS, states: ['EXHAUSTED'], most: 1 });
        this.database.afterCommit(transaction, this.queues.waker(partnerId));
      });
    }
  }
}
