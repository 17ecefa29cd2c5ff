import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { type Tariff, tariffFaults } from '@voltap/ocpi/model';
import { Database } from '@voltap/platform/persistence';
import { sameTariff } from '../domain/tariff.js';
import { type StoredTariff, TariffRepository } from '../store/tariff-repository.js';
import { TellTariff } from './tell-tariff.js';

/** The operator or its back-end puts a tariff. The same content again changes nothing and tells nobody. */
@Injectable()
export class PutTariff {
  constructor(
    private readonly database: Database,
    private readonly tariffs: TariffRepository,
    private readonly tellTariff: TellTariff,
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
      await this.tellTariff.execute(transaction, stored, await this.tariffs.audienceOf(stored, transaction));
      return { created: current === null, stored };
    });
  }
}
