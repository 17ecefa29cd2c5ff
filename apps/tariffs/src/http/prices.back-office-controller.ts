import { Controller } from '@nestjs/common';
import { type AdHocCheck, pricesEndpoints } from '@voltap/contracts/back-office';
import { Clock, VoltapError } from '@voltap/kernel';
import {
  adHocFindings,
  answerPriceRequest,
  answerPurchaseRequest,
  type PriceAnswer,
  type PurchaseAnswer,
} from '@voltap/ocpi/pricing';
import { partyParameter, pathParameter, RestEndpoint, RestRequest, type RestRequestOf } from '@voltap/platform/rest';
import { TariffRepository } from '../store/tariff-repository.js';

/** What things cost, for the operator; nothing is stored. */
@Controller()
export class PricesBackOfficeController {
  constructor(
    private readonly tariffs: TariffRepository,
    private readonly clock: Clock,
  ) {}

  @RestEndpoint(pricesEndpoints.price)
  price(@RestRequest() { body }: RestRequestOf<typeof pricesEndpoints.price>): PriceAnswer {
    return answerPriceRequest(body);
  }

  @RestEndpoint(pricesEndpoints.purchase)
  purchase(@RestRequest() { body }: RestRequestOf<typeof pricesEndpoints.purchase>): PurchaseAnswer {
    return answerPurchaseRequest(body);
  }

  @RestEndpoint(pricesEndpoints.check)
  async check(@RestRequest() { params, query }: RestRequestOf<typeof pricesEndpoints.check>): Promise<AdHocCheck> {
    const id = pathParameter(params, 'id');
    const stored = await this.tariffs.find(partyParameter(params), id);
    if (stored === null) throw new VoltapError('not_found', `There is no tariff ${id} of this party.`);
    const findings = adHocFindings(stored.content, {
      now: this.clock.now(),
      languages: query.languages?.split(',') ?? [],
      maxPowerKw: query.maxPowerKw,
    });
    return { fit: findings.every(({ severity }) => severity !== 'error'), findings };
  }
}
