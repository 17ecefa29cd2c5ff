import { Controller } from '@nestjs/common';
import { type TariffRecord, tariffsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import { tariffSchema } from '@voltap/ocpi/model';
import {
  decodeCursor,
  encodeCursor,
  ownedBody,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
  validate,
} from '@voltap/platform/rest';
import { DeleteTariff } from '../application/delete-tariff.js';
import { PutTariff } from '../application/put-tariff.js';
import { SetAudience } from '../application/set-audience.js';
import { type StoredTariff, TariffRepository } from '../store/tariff-repository.js';

/** Tariffs for the operator and its back-end. */
@Controller()
export class TariffsBackOfficeController {
  constructor(
    private readonly putTariff: PutTariff,
    private readonly deleteTariff: DeleteTariff,
    private readonly setAudience: SetAudience,
    private readonly tariffs: TariffRepository,
  ) {}

  @RestEndpoint(tariffsEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof tariffsEndpoints.list>,
  ): Promise<{ items: TariffRecord[]; next: string | null }> {
    const scopes = await this.tariffs.scopes();
    const { items, next } = await this.tariffs.list({
      scopes,
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    const records = await Promise.all(items.map((stored) => this.recordOf(stored)));
    return { items: records, next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(tariffsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof tariffsEndpoints.read>): Promise<TariffRecord> {
    const id = pathParameter(params, 'id');
    const stored = await this.tariffs.find(partyParameter(params), id);
    if (stored === null) throw new VoltapError('not_found', `There is no tariff ${id} of this party.`);
    return this.recordOf(stored);
  }

  @RestEndpoint(tariffsEndpoints.put)
  async put(@RestRequest() { params, body }: RestRequestOf<typeof tariffsEndpoints.put>): Promise<TariffRecord> {
    const tariff = validate(tariffSchema, ownedBody(params, body), '/');
    const { stored } = await this.putTariff.execute(tariff);
    return this.recordOf(stored);
  }

  @RestEndpoint(tariffsEndpoints.delete)
  async delete(
    @RestRequest() { params }: RestRequestOf<typeof tariffsEndpoints.delete>,
  ): Promise<{ deleted: boolean }> {
    await this.deleteTariff.execute(partyParameter(params), pathParameter(params, 'id'));
    return { deleted: true };
  }

  @RestEndpoint(tariffsEndpoints.putAudience)
  async putAudience(
    @RestRequest() { params, body }: RestRequestOf<typeof tariffsEndpoints.putAudience>,
  ): Promise<TariffRecord> {
    const party = partyParameter(params);
    return this.recordOf(await this.setAudience.execute(party, pathParameter(params, 'id'), body.partners));
  }

  private async recordOf(stored: StoredTariff): Promise<TariffRecord> {
    const audience = await this.tariffs.audienceOf(stored);
    return { revision: stored.revision, tariff: stored.content, audience: audience === null ? null : [...audience] };
  }
}
