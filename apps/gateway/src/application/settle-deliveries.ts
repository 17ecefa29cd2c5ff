import { Inject, Injectable } from '@nestjs/common';
import { deliveryExhausted, deliveryFailed, deliverySucceeded } from '@voltap/contracts/events';
import { Clock, type DomainEvent, event } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { isExact } from '../domain/delivery.js';
import { AcknowledgedSessions } from '../store/acknowledged-sessions.js';
import { DeliveryDecisions } from '../store/delivery-decisions.js';
import { DeliveryRepository } from '../store/delivery-repository.js';
import type { Delivery, Settlement } from '../store/delivery-rows.js';
import { Exchanges, type NewExchange } from '../store/exchanges.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { STATE_KINDS } from './state-kinds.js';

type Told = Pick<Settlement, 'state' | 'location' | 'reason' | 'traceparent'> & { readonly delivery: Delivery };

/** Writes down what became of attempts, and tells of money objects what the other services must know. */
@Injectable()
export class SettleDeliveries {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly deliveries: DeliveryRepository,
    private readonly decisions: DeliveryDecisions,
    private readonly sessions: AcknowledgedSessions,
    private readonly exchanges: Exchanges,
    private readonly partnerQueues: PartnerQueues,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `settlements` are of one partner. */
  async execute(settlements: readonly Settlement[]): Promise<void> {
    const [first] = settlements;
    if (first === undefined) return;
    const { partnerId } = first.delivery;
    const owed = await this.database.transaction(async (transaction) => {
      const settled = await this.deliveries.settle(transaction, settlements);
      for (const { delivery, acknowledged } of settlements) {
        if (acknowledged !== null) await this.sessions.keep(transaction, { ...delivery, session: acknowledged });
      }
      await this.exchanges.add(transaction, settlements.flatMap(exchangesOf));
      const told = settlements.filter(({ delivery }) => settled.decided.has(delivery.id));
      await this.outbox.add(transaction, ...told.flatMap((settlement) => this.eventOf(settlement)));
      if (told.some(({ delivery, state }) => state === 'EXHAUSTED' && !isExact(delivery.kind)))
        await this.partnerQueues.oweResync(transaction, [partnerId]);
      return settled.owed;
    });
    if (owed && settlements.some(({ attempt }) => attempt.outcome === 'accepted')) await this.catchUp(partnerId);
  }

  /** An operator gave up what others wait for. */
  async giveUp(transaction: Transaction, delivery: Delivery): Promise<void> {
    const { lastReason } = delivery;
    await this.outbox.add(
      transaction,
      ...this.eventOf({ delivery, state: 'EXHAUSTED', location: null, reason: lastReason }),
    );
  }

  /**
   * The partner answers again: what nobody answered for too long is sent after all. When that fails it stays owed, until the
   * next answer; the attempts are written down already.
   */
  private async catchUp(partnerId: string): Promise<void> {
    try {
      await this.database.transaction(async (transaction) => {
        if (!(await this.partnerQueues.takeOwedResync(transaction, partnerId))) return;
        await this.decisions.reopen(transaction, partnerId, { kinds: STATE_KINDS, states: ['EXHAUSTED'] });
      });
    } catch (error) {
      this.logger.warn({ error, partnerId }, 'what is owed to a partner is not opened yet, trying again');
    }
  }

  private eventOf({ delivery, state, location, reason, traceparent }: Told): DomainEvent[] {
    if (!isExact(delivery.kind)) return [];
    const definition = {
      SUCCEEDED: deliverySucceeded,
      EXHAUSTED: deliveryExhausted,
      REFUSED: deliveryExhausted,
      PENDING: delivery.attempts === 1 ? deliveryFailed : null,
    }[state];
    if (definition === null) return [];
    const { id, partnerId, kind, objectKey, revision, attempts, authorizationReference } = delivery;
    return [
      event(definition, {
        key: `${partnerId}*${kind}*${objectKey}`,
        revision: attempts,
        causedBy: traceparent,
        payload: {
          deliveryId: id,
          partnerId,
          kind,
          objectKey,
          revision,
          attempts,
          authorization_reference: authorizationReference,
          location,
          reason,
          at: this.clock.now().toISOString(),
        },
      }),
    ];
  }
}

function exchangesOf({ delivery, exchanges }: Settlement): NewExchange[] {
  const { id, partnerId, attempts } = delivery;
  return exchanges.map((exchange) => ({ partnerId, delivery: { id, attempt: attempts }, exchange }));
}
