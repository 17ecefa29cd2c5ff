import { Controller } from '@nestjs/common';
import {
  type DeliveryDetails,
  type DeliveryQueueRecord,
  type DeliveryRecord,
  gatewayEndpoints,
} from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { DecideDeliveries } from '../application/decide-deliveries.js';
import { ResyncModule } from '../application/resync-module.js';
import type { DeliveryKind } from '../domain/delivery.js';
import { DeliverySearch } from '../store/delivery-search.js';
import { Exchanges } from '../store/exchanges.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { detailsOf, queueOf, recordOf } from './delivery-records.js';

const positionSchema = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

const KINDS_OF: Readonly<Record<string, readonly DeliveryKind[]>> = {
  locations: ['location', 'evse-status'],
  tariffs: ['tariff'],
  sessions: ['session'],
  cdrs: ['cdr'],
  commands: ['command-result'],
};

/** Deliveries and the queues they stand in, for the operator. */
@Controller()
export class DeliveriesController {
  constructor(
    private readonly search: DeliverySearch,
    private readonly exchanges: Exchanges,
    private readonly directory: PartnerDirectory,
    private readonly partnerQueues: PartnerQueues,
    private readonly decideDeliveries: DecideDeliveries,
    private readonly resyncModule: ResyncModule,
  ) {}

  @RestEndpoint(gatewayEndpoints.listDeliveries)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof gatewayEndpoints.listDeliveries>,
  ): Promise<{ items: DeliveryRecord[]; next: string | null }> {
    const { limit, cursor, kind, module, object, ...filters } = query;
    const before = decodeCursor(cursor);
    const kinds = module === undefined ? undefined : KINDS_OF[module];
    const rows = await this.search.list({
      ...filters,
      limit: limit + 1,
      kinds: kind === undefined ? kinds : [kind].filter((one) => kinds === undefined || kinds.includes(one)),
      keys: object === undefined ? undefined : await this.keysOf(object),
      before: before === undefined ? undefined : positionSchema.parse(before),
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      items: items.map(recordOf),
      next: more ? encodeCursor({ createdAt: last.createdAt.toISOString(), id: last.id }) : null,
    };
  }

  @RestEndpoint(gatewayEndpoints.readDelivery)
  read(@RestRequest() { params }: RestRequestOf<typeof gatewayEndpoints.readDelivery>): Promise<DeliveryDetails> {
    return this.details(deliveryId(params));
  }

  @RestEndpoint(gatewayEndpoints.resendDelivery)
  async resend(
    @RestRequest() { params }: RestRequestOf<typeof gatewayEndpoints.resendDelivery>,
  ): Promise<DeliveryDetails> {
    const id = deliveryId(params);
    await this.decideDeliveries.resend(id);
    return this.details(id);
  }

  @RestEndpoint(gatewayEndpoints.giveUpDelivery)
  async giveUp(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof gatewayEndpoints.giveUpDelivery>,
  ): Promise<DeliveryDetails> {
    const id = deliveryId(params);
    await this.decideDeliveries.giveUp(id, operator.keyId, body.reason);
    return this.details(id);
  }

  @RestEndpoint(gatewayEndpoints.listDeliveryQueues)
  async queues(): Promise<{ items: DeliveryQueueRecord[] }> {
    return { items: (await this.partnerQueues.list()).map(queueOf) };
  }

  @RestEndpoint(gatewayEndpoints.pauseDeliveries)
  async pause(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof gatewayEndpoints.pauseDeliveries>,
  ): Promise<DeliveryQueueRecord> {
    const partnerId = pathParameter(params, 'partnerId');
    return queueOf(await this.decideDeliveries.pause(partnerId, operator.keyId, body.reason));
  }

  @RestEndpoint(gatewayEndpoints.resumeDeliveries)
  async resume(
    @RestRequest() { params }: RestRequestOf<typeof gatewayEndpoints.resumeDeliveries>,
  ): Promise<DeliveryQueueRecord> {
    return queueOf(await this.decideDeliveries.resume(pathParameter(params, 'partnerId')));
  }

  @RestEndpoint(gatewayEndpoints.resyncDeliveries)
  async resync(
    @RestRequest() { params, body }: RestRequestOf<typeof gatewayEndpoints.resyncDeliveries>,
  ): Promise<{ planned: number }> {
    return { planned: await this.resyncModule.execute(pathParameter(params, 'partnerId'), body.module) };
  }

  private async details(id: string): Promise<DeliveryDetails> {
    const found = await this.search.find(id);
    if (found === null) throw new VoltapError('not_found', `There is no delivery ${id}.`);
    return detailsOf(found.delivery, found.attempts, await this.exchanges.of(id));
  }

  /** All keys that an object of this id, of any kind and party of ours, may have; or the key that was given. */
  private async keysOf(object: string): Promise<string[]> {
    const given = object.replace(/^(location|tariff|session|cdr|command) /, '').toUpperCase();
    const parties = await this.directory.ownParties();
    const keys = [given, ...parties.map(({ country_code, party_id }) => `${country_code}*${party_id}*${given}`)];
    const lines = keys.flatMap((key) => ['location', 'tariff', 'session', 'cdr'].map((kind) => `${kind} ${key}`));
    return [object, object.toLowerCase(), `command ${object}`, ...keys, ...lines];
  }
}

function deliveryId(params: Readonly<Record<string, string>>): string {
  const id = pathParameter(params, 'id');
  if (!z.uuid().safeParse(id).success) throw new VoltapError('not_found', `There is no delivery ${id}.`);
  return id;
}
