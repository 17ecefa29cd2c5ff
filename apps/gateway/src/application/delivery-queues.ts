import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Ids } from '@voltap/kernel';
import { Leases } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { DeliveryRepository } from '../store/delivery-repository.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { PartnerQueue } from './partner-queue.js';
import { SendDelivery } from './send-delivery.js';
import { SettleDeliveries } from './settle-deliveries.js';

/**
 * One queue for each partner, drained by one replica at a time: its own limit, its own breaker, so that a slow or dead
 * partner delays no other.
 */
@Injectable()
export class DeliveryQueues implements OnApplicationShutdown {
  private readonly queues = new Map<string, PartnerQueue>();
  private readonly wakers = new Map<string, () => void>();
  private readonly owner: string;
  private stopped = false;

  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly partnerQueues: PartnerQueues,
    private readonly sendDelivery: SendDelivery,
    private readonly settleDeliveries: SettleDeliveries,
    private readonly leases: Leases,
    private readonly clock: Clock,
    ids: Ids,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.owner = ids.next();
  }

  /** The same function for the same partner, so that a transaction wakes it once. */
  waker(partnerId: string): () => void {
    let waker = this.wakers.get(partnerId);
    if (waker === undefined) {
      waker = () => this.wake(partnerId);
      this.wakers.set(partnerId, waker);
    }
    return waker;
  }

  wake(partnerId: string): void {
    this.queueOf(partnerId)?.wake();
  }

  /** Whatever was found out of the partner is forgotten, as it is in the database: it is tried at once. */
  resume(partnerId: string): void {
    this.queueOf(partnerId)?.forget();
    this.wake(partnerId);
  }

  private queueOf(partnerId: string): PartnerQueue | undefined {
    if (this.stopped) return undefined;
    let queue = this.queues.get(partnerId);
    if (queue === undefined) {
      queue = new PartnerQueue(partnerId, this.owner, {
        deliveries: this.deliveries,
        partnerQueues: this.partnerQueues,
        sendDelivery: this.sendDelivery,
        settleDeliveries: this.settleDeliveries,
        leases: this.leases,
        clock: this.clock,
        logger: this.logger,
        concurrency: this.config.VOLTAP_GATEWAY_PARTNER_CONCURRENCY,
        // The first pause of a partner is twice that of a delivery.
        breakerPauseMs: 2 * this.config.VOLTAP_GATEWAY_RETRY_MS,
      });
      this.queues.set(partnerId, queue);
    }
    return queue;
  }

  /** Finishes what is on its way and gives the partners to other replicas. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.queues.values()].map((queue) => queue.stop()));
  }
}
