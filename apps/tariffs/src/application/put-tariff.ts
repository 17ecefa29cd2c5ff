import { Injectable } from '@nestjs/common';
import { tariffChanged } from '@voltap/contracts/events';
import { event, objectKey, VoltapError } from '@voltap/kernel';
import { type Tariff, tariffFaults } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { sameTariff } from '../domain/tariff.js';
import { type StoredTariff, TariffRepository } from '../store/tariff-repository.js';

/** The operator or its back-end puts a tariff. The same content again changes nothing and tells nobody. */
@Injectable()
export class PutTariff {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly tariffs: TariffRepository,
  ) {}

  /** @throws VoltapError invalid_parameter when the tariff contradicts itself. */
  async execute(content: Tariff): Promise<{ created: boolean; stored: StoredTariff }> {
    const violations = tariffFaults(content);
    if (violations.length > 0)
      throw new VoltapError('invalid_parameter', 'The tariff contradicts itself', { violations });
    return this.database.transaction(async (transaction) => {
      const current = await this.tariffs.lock(transaction, content, content.id);
      if (current !== null && sameTariff(current.content, content)) return { created: false, stored: current };
      const stored = await this.tariffs.write(transaction, content);
      await this.outbox.add(
        transaction,
        event(tariffChanged, {
          key: objectKey(content, content.id),
          revision: stored.revision,
          payload: { tariff: stored.content },
        }),
      );
      return { created: current === null, stored };
    });
  }
}
