import { Controller } from '@nestjs/common';
import { tariffsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import { type Tariff, tariffSchema } from '@voltap/ocpi/model';
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
import { type StoredTariff, TariffRepository } from '../store/tariff-repository.js';

interface TariffRecord {
  readonly revision: number;
  readonly tariff: Tariff;
}

/** Tariffs for the operator and its back-end. */
@Controller()
export class TariffsBackOfficeController {
  constructor(
    private readonly putTariff: PutTariff,
    private readonly deleteTariff: DeleteTariff,
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
    return { items: items.map(recordOf), next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(tariffsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof tariffsEndpoints.read>): Promise<TariffRecord> {
    const id = pathParameter(params, 'id');
    const stored = await this.tariffs.find(partyParameter(params), id);
    if (stored === null) throw new VoltapError('not_found', `There is no tariff ${id} of this party.`);
    return recordOf(stored);
  }

  @RestEndpoint(tariffsEndpoints.put)
  async put(@RestRequest() { params, body }: RestRequestOf<typeof tariffsEndpoints.put>): Promise<TariffRecord> {
    const tariff = validate(tariffSchema, ownedBody(params, body), '/');
    const { stored } = await this.putTariff.execute(tariff);
    return recordOf(stored);
  }

  @RestEndpoint(tariffsEndpoints.delete)
  async delete(
    @RestRequest() { params }: RestRequestOf<typeof tariffsEndpoints.delete>,
  ): Promise<{ deleted: boolean }> {
    await this.deleteTariff.execute(partyParameter(params), pathParameter(params, 'id'));
    return { deleted: true };
  }
}

function recordOf(stored: StoredTariff): TariffRecord {
  return { revision: stored.revision, tariff: stored.content };
}
