import { Injectable } from '@nestjs/common';
import type { TariffAudience } from '@voltap/contracts/events';
import { type Party, partyKey, sameParty, VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { Projections } from '../store/projections.js';
import { type StoredTariff, TariffRepository } from '../store/tariff-repository.js';
import { TellTariff } from './tell-tariff.js';

/** The operator says which partners a tariff is for: a new revision, so that those who poll find it. */
@Injectable()
export class SetAudience {
  constructor(
    private readonly database: Database,
    private readonly tariffs: TariffRepository,
    private readonly projections: Projections,
    private readonly tellTariff: TellTariff,
  ) {}

  /** @throws VoltapError not_found; invalid_parameter naming a partner that is unknown or deals with other parties. */
  async execute(party: Party, id: string, wanted: TariffAudience): Promise<StoredTariff> {
    return this.database.transaction(async (transaction) => {
      const current = await this.tariffs.lock(transaction, party, id);
      if (current === null) throw new VoltapError('not_found', `There is no tariff ${id} of this party.`);
      const audience = wanted === null ? null : [...new Set(wanted)].sort();
      for (const [index, partnerId] of (wanted ?? []).entries())
        await this.check(transaction, party, partnerId, `/partners/${index}`);
      const before = await this.tariffs.audienceOf(current, transaction);
      if (JSON.stringify(before) === JSON.stringify(audience)) return current;
      await this.tariffs.setAudience(transaction, current, audience);
      const stored = await this.tariffs.write(transaction, current.content);
      await this.tellTariff.execute(transaction, stored, audience);
      return stored;
    });
  }

  private async check(transaction: Transaction, party: Party, partnerId: string, pointer: string): Promise<void> {
    const partner = await this.projections.partner(transaction, partnerId);
    if (partner === null) throw wrong(pointer, `there is no partner ${partnerId}`);
    if (!partner.parties.some((each) => sameParty(each, party)))
      throw wrong(pointer, `partner ${partnerId} does not deal with ${partyKey(party)}`);
  }
}

function wrong(pointer: string, message: string): VoltapError {
  return new VoltapError('invalid_parameter', `${pointer}: ${message}.`, { violations: [{ pointer, message }] });
}
