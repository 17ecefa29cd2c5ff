import { Controller } from '@nestjs/common';
import { type ActivationView, paymentsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { ActivateTerminal } from '../application/activate-terminal.js';
import { ActivationRepository, type StoredActivation } from '../store/activation-repository.js';

const LONGEST_REFERENCE = 36;

/** Terminals that are built into stations and are ordered by their reference, for the operator. */
@Controller()
export class ActivationsBackOfficeController {
  constructor(
    private readonly activateTerminal: ActivateTerminal,
    private readonly activations: ActivationRepository,
  ) {}

  @RestEndpoint(paymentsEndpoints.listActivations)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof paymentsEndpoints.listActivations>,
  ): Promise<{ items: ActivationView[]; next: string | null }> {
    const { items, next } = await this.activations.list({
      scopes: await this.activations.partners(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    return { items: items.map(viewOf), next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(paymentsEndpoints.readActivation)
  async read(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readActivation>,
  ): Promise<ActivationView> {
    const reference = pathParameter(params, 'reference');
    const stored = await this.activations.find(pathParameter(params, 'partnerId'), reference);
    if (stored === null) throw new VoltapError('not_found', `Nobody had ${reference} activated at this partner.`);
    return viewOf(stored);
  }

  @RestEndpoint(paymentsEndpoints.activateTerminal)
  async activate(
    @RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.activateTerminal>,
  ): Promise<ActivationView> {
    const reference = pathParameter(params, 'reference');
    if (reference.length > LONGEST_REFERENCE) {
      const violations = [{ pointer: 'path/reference', message: `has more than ${LONGEST_REFERENCE} characters` }];
      throw new VoltapError('invalid_parameter', `path/reference: ${violations[0]?.message}.`, { violations });
    }
    return viewOf(await this.activateTerminal.execute(pathParameter(params, 'partnerId'), { ...body, reference }));
  }

  @RestEndpoint(paymentsEndpoints.withdrawActivation)
  async withdraw(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.withdrawActivation>,
  ): Promise<{ withdrawn: boolean }> {
    await this.activateTerminal.withdraw(pathParameter(params, 'partnerId'), pathParameter(params, 'reference'));
    return { withdrawn: true };
  }
}

function viewOf({ scope: partnerId, content }: StoredActivation): ActivationView {
  const { requestId: _, receiptSecret: __, location_ids, evse_uids, ...shown } = content;
  return { partnerId, ...shown, location_ids: [...location_ids], evse_uids: [...evse_uids] };
}
