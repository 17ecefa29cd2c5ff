import { Injectable } from '@nestjs/common';
import { type TariffAudience, tariffChanged } from '@voltap/contracts/events';
import { event, objectKey } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import type { StoredTariff } from '../store/tariff-repository.js';

/** Tells the other services of a tariff that was just written, and whom it is for. */
@Injectable()
export class TellTariff {
  constructor(private readonly outbox: Outbox) {}

  async execute(
    transaction: Transaction,
    { content, revision }: StoredTariff,
    audience: TariffAudience,
  ): Promise<void> {
    const payload = { tariff: content, audience: audience === null ? null : [...audience] };
    await this.outbox.add(
      transaction,
      event(tariffChanged, { key: objectKey(content, content.id), revision, payload }),
    );
  }
}
