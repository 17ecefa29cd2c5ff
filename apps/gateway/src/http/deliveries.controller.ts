import { Controller } from '@nestjs/common';
import { type DeliveryDetails, type DeliveryRecord, gatewayEndpoints } from '@voltap/contracts/back-office';
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
import { DeliveryQueues } from '../application/delivery-queues.js';
import { type Delivery, DeliveryRepository } from '../store/delivery-repository.js';

const positionSchema = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

/** Deliveries, for the operator. */
@Controller()
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly queues: DeliveryQueues,
  ) {}

  @RestEndpoint(gatewayEndpoints.listDeliveries)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof gatewayEndpoints.listDeliveries>,
  ): Promise<{ items: DeliveryRecord[]; next: string | null }> {
    const { limit, cursor, ...filters } = query;
    const before = decodeCursor(cursor);
    const rows = await this.deliveries.list({
      ...filters,
      limit: limit + 1,
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
    const { partnerId, state } = await this.details(id);
    if (!(await this.deliveries.resend(id))) {
      throw new VoltapError(
        'conflict',
        `Delivery ${id} is ${state}: it is open, or a newer state has taken its place.`,
      );
    }
    this.queues.wake(partnerId);
    return this.details(id);
  }

  private async details(id: string): Promise<DeliveryDetails> {
    const found = await this.deliveries.find(id);
    if (found === null) throw new VoltapError('not_found', `There is no delivery ${id}.`);
    const history = found.attempts.map((attempt) => ({ ...attempt, at: attempt.at.toISOString() }));
    return { ...recordOf(found.delivery), history };
  }
}

function deliveryId(params: Readonly<Record<string, string>>): string {
  const id = pathParameter(params, 'id');
  if (!z.uuid().safeParse(id).success) throw new VoltapError('not_found', `There is no delivery ${id}.`);
  return id;
}

function recordOf(delivery: Delivery): DeliveryRecord {
  return {
    id: delivery.id,
    partnerId: delivery.partnerId,
    kind: delivery.kind,
    objectKey: delivery.objectKey,
    revision: delivery.revision,
    state: delivery.state,
    attempts: delivery.attempts,
    nextAttemptAt: delivery.settledAt === null ? delivery.nextAttemptAt.toISOString() : null,
    correlationId: delivery.correlationId,
    location: delivery.location,
    lastReason: delivery.lastReason,
    createdAt: delivery.createdAt.toISOString(),
    settledAt: delivery.settledAt?.toISOString() ?? null,
  };
}
