import { Injectable } from '@nestjs/common';
import { tariffDeleted } from '@voltap/contracts/events';
import { event, objectKey, type Party, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { TariffRepository } from '../store/tariff-repository.js';

/** A tariff is offered no more; its revisions are kept for the charges that ran under them. */
@Injectable()
export class DeleteTariff {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly tariffs: TariffRepository,
  ) {}

  /** @throws VoltapError not_found. */
  async execute(party: Party, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const removed = await this.tariffs.remove(transaction, party, id);
      if (removed === null) throw new VoltapError('not_found', `There is no tariff ${id} of this party.`);
      await this.outbox.add(
        transaction,
        event(tariffDeleted, {
          key: objectKey(party, id),
          revision: removed.revision,
          payload: {
            country_code: removed.content.country_code,
            party_id: removed.content.party_id,
            id: removed.content.id,
            deletedAt: removed.lastUpdated.toISOString(),
          },
        }),
      );
    });
  }
}
