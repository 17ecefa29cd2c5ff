import { Injectable } from '@nestjs/common';
import { deliveryExhausted, deliveryFailed, deliverySucceeded } from '@voltap/contracts/events';
import { Clock, type DomainEvent, event } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { isExact } from '../domain/delivery.js';
import { DeliveryRepository, type Settlement } from '../store/delivery-repository.js';

/** Writes down what became of attempts, and tells of money objects what the other services must know. */
@Injectable()
export class SettleDeliveries {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly deliveries: DeliveryRepository,
    private readonly clock: Clock,
  ) {}

  async execute(settlements: readonly Settlement[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const settled = await this.deliveries.settle(transaction, settlements);
      const told = settlements.filter(({ delivery }) => settled.has(delivery.id));
      await this.outbox.add(transaction, ...told.flatMap((settlement) => this.eventOf(settlement)));
    });
  }

  private eventOf({ delivery, state, location, reason }: Settlement): DomainEvent[] {
    if (!isExact(delivery.kind)) return [];
    const definition = {
      SUCCEEDED: deliverySucceeded,
      EXHAUSTED: deliveryExhausted,
      REFUSED: deliveryExhausted,
      PENDING: delivery.attempts === 1 ? deliveryFailed : null,
    }[state];
    if (definition === null) return [];
    const { id, partnerId, kind, objectKey, revision, attempts } = delivery;
    return [
      event(definition, {
        key: `${partnerId}*${kind}*${objectKey}`,
        revision: attempts,
        payload: {
          deliveryId: id,
          partnerId,
          kind,
          objectKey,
          revision,
          attempts,
          location,
          reason,
          at: this.clock.now().toISOString(),
        },
      }),
    ];
  }
}
