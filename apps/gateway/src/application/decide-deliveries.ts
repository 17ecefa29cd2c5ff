import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import { DeliveryDecisions } from '../store/delivery-decisions.js';
import { DeliverySearch } from '../store/delivery-search.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerQueues, type QueueRecord } from '../store/partner-queues.js';
import { DeliveryQueues } from './delivery-queues.js';
import { SettleDeliveries } from './settle-deliveries.js';

/** What an operator decides of single deliveries, and of the queue of a partner. */
@Injectable()
export class DecideDeliveries {
  constructor(
    private readonly database: Database,
    private readonly search: DeliverySearch,
    private readonly decisions: DeliveryDecisions,
    private readonly settleDeliveries: SettleDeliveries,
    private readonly directory: PartnerDirectory,
    private readonly partnerQueues: PartnerQueues,
    private readonly queues: DeliveryQueues,
  ) {}

  /** @throws VoltapError not_found; conflict when it is open, or a newer state has taken its place. */
  async resend(id: string): Promise<void> {
    const { partnerId, state } = await this.delivery(id);
    if (!(await this.decisions.resend(id))) {
      throw new VoltapError(
        'conflict',
        `Delivery ${id} is ${state}: it is open, or a newer state has taken its place.`,
      );
    }
    this.queues.wake(partnerId);
  }

  /** @throws VoltapError not_found; conflict when it is on its way or settled for good. */
  async giveUp(id: string, keyId: string, reason: string): Promise<void> {
    const { state } = await this.delivery(id);
    await this.database.transaction(async (transaction) => {
      const delivery = await this.decisions.giveUp(transaction, id, keyId, reason);
      if (delivery === null)
        throw new VoltapError('conflict', `Delivery ${id} is ${state}: only what waits can be given up.`);
      await this.settleDeliveries.giveUp(transaction, delivery);
    });
  }

  /** @throws VoltapError not_found */
  async pause(partnerId: string, keyId: string, reason: string): Promise<QueueRecord> {
    await this.known(partnerId);
    await this.partnerQueues.pause(partnerId, keyId, reason);
    return this.queue(partnerId);
  }

  /** @throws VoltapError not_found */
  async resume(partnerId: string): Promise<QueueRecord> {
    await this.known(partnerId);
    await this.database.transaction(async (transaction) => {
      await this.partnerQueues.resume(transaction, partnerId);
      await this.decisions.hasten(transaction, partnerId);
    });
    this.queues.resume(partnerId);
    return this.queue(partnerId);
  }

  private async known(partnerId: string): Promise<void> {
    if ((await this.directory.find(partnerId)) === null)
      throw new VoltapError('not_found', `There is no partner ${partnerId}.`);
  }

  private async queue(partnerId: string): Promise<QueueRecord> {
    const queue = await this.partnerQueues.find(partnerId);
    if (queue === null) throw new VoltapError('not_found', `There is no queue of ${partnerId}.`);
    return queue;
  }

  private async delivery(id: string): Promise<{ partnerId: string; state: string }> {
    const found = await this.search.find(id);
    if (found === null) throw new VoltapError('not_found', `There is no delivery ${id}.`);
    return found.delivery;
  }
}
