import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Ids } from '@voltap/kernel';
import { Leases } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { CircuitBreaker } from '../domain/circuit-breaker.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { type ClaimedDelivery, DeliveryRepository, type Settlement } from '../store/delivery-repository.js';
import { SendDelivery } from './send-delivery.js';
import { SettleDeliveries } from './settle-deliveries.js';

/** A replica that dies keeps a partner's deliveries waiting for this long at most. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;

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
    if (this.stopped) return;
    let queue = this.queues.get(partnerId);
    if (queue === undefined) {
      queue = new PartnerQueue(partnerId, this.owner, {
        deliveries: this.deliveries,
        sendDelivery: this.sendDelivery,
        settleDeliveries: this.settleDeliveries,
        leases: this.leases,
        clock: this.clock,
        logger: this.logger,
        concurrency: this.config.VOLTAP_GATEWAY_PARTNER_CONCURRENCY,
      });
      this.queues.set(partnerId, queue);
    }
    queue.wake();
  }

  /** Finishes what is on its way and gives the partners to other replicas. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.queues.values()].map((queue) => queue.stop()));
  }
}

interface QueueParts {
  readonly deliveries: DeliveryRepository;
  readonly sendDelivery: SendDelivery;
  readonly settleDeliveries: SettleDeliveries;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly concurrency: number;
}

class PartnerQueue {
  private readonly breaker = new CircuitBreaker();
  private readonly finished: Settlement[] = [];
  private active = 0;
  private draining: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private leasedUntilMs = 0;
  /** By `Retry-After`: no object of a partner that is asked to wait goes ahead of another. */
  private pausedUntilMs = 0;
  private moved: () => void = () => undefined;
  private probe: NodeJS.Timeout | undefined;
  private probeAtMs = 0;

  constructor(
    private readonly partnerId: string,
    private readonly owner: string,
    private readonly parts: QueueParts,
  ) {}

  wake(): void {
    this.again = true;
    this.moved();
    if (this.draining !== undefined || this.stopped) return;
    this.draining = this.drain()
      .catch((error: unknown) =>
        this.parts.logger.warn({ error, partnerId: this.partnerId }, 'deliveries stand still, trying again'),
      )
      .finally(() => {
        this.draining = undefined;
      });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.probe);
    this.moved();
    await this.draining;
    await this.parts.leases.release(this.leaseName, this.owner);
  }

  private get leaseName(): string {
    return `deliveries ${this.partnerId}`;
  }

  /** Claims, sends and settles until nothing is due: as many at once as the limit and the breaker allow. */
  private async drain(): Promise<void> {
    for (;;) {
      if (this.finished.length > 0) await this.settle();
      const free = this.stopped ? 0 : this.free();
      const leased = free > 0 && (await this.lease());
      this.again = false;
      const claimed = leased ? await this.parts.deliveries.claim(this.partnerId, this.owner, free) : [];
      for (const delivery of claimed) this.send(delivery);
      if (claimed.length > 0) continue;
      if (this.active === 0 && this.finished.length === 0 && !(this.again && leased)) {
        // A partner that must be left alone is kept: another replica knows nothing of that.
        if (!leased) return;
        await this.giveUp();
        if (!this.again) return;
      }
      await this.movement();
    }
  }

  private free(): number {
    const now = this.parts.clock.now().getTime();
    const allowed = this.breaker.allowed(this.parts.concurrency, now);
    if (now < this.pausedUntilMs) {
      this.wakeIn(this.pausedUntilMs - now);
      return 0;
    }
    const wait = this.breaker.waitMs(now);
    if (allowed === 0 && wait > 0) this.wakeIn(wait);
    return Math.max(0, Math.min(allowed, this.parts.concurrency - this.active));
  }

  private send(delivery: ClaimedDelivery): void {
    this.active += 1;
    this.breaker.started();
    this.parts.sendDelivery
      .execute(delivery)
      .then((settlement) => {
        const failed = settlement.attempt.outcome === 'unanswered' || (settlement.attempt.httpStatus ?? 0) >= 500;
        if (failed) this.breaker.failed(this.parts.clock.now().getTime());
        else this.breaker.succeeded();
        if (settlement.pauseMs > 0) this.pausedUntilMs = this.parts.clock.now().getTime() + settlement.pauseMs;
        this.finished.push(settlement);
      })
      .catch((error: unknown) => {
        // The row stays in flight; it is taken back when the lease is taken anew.
        this.leasedUntilMs = 0;
        this.breaker.failed(this.parts.clock.now().getTime());
        this.parts.logger.error({ error, deliveryId: delivery.id }, 'a delivery broke on our side');
      })
      .finally(() => {
        this.active -= 1;
        this.moved();
      });
  }

  private async settle(): Promise<void> {
    const settlements = this.finished.splice(0);
    try {
      await this.parts.settleDeliveries.execute(settlements);
    } catch (error) {
      this.finished.unshift(...settlements);
      throw error;
    }
    const retry = settlements.filter(({ state }) => state === 'PENDING').map(({ retryInMs }) => retryInMs);
    if (retry.length > 0) this.wakeIn(Math.min(...retry));
  }

  /** Whoever holds the lease is the only one that sends to this partner; what the one before had in hand is taken back. */
  private async lease(): Promise<boolean> {
    const now = performance.now();
    if (now < this.leasedUntilMs - LEASE_MS + RENEW_MS) return true;
    const held = now < this.leasedUntilMs;
    if (!(await this.parts.leases.acquire(this.leaseName, this.owner, LEASE_MS))) {
      this.leasedUntilMs = 0;
      return false;
    }
    this.leasedUntilMs = now + LEASE_MS;
    if (!held) {
      const idle = this.active === 0 && this.finished.length === 0;
      await this.parts.deliveries.takeOver(this.partnerId, this.owner, idle);
    }
    return true;
  }

  /** Nothing is due: whichever replica hears of the next delivery sends it at once, not when this lease has expired. */
  private async giveUp(): Promise<void> {
    this.leasedUntilMs = 0;
    await this.parts.leases.release(this.leaseName, this.owner);
  }

  /** Something finished, something new came, or it is time to renew the lease. */
  private movement(): Promise<void> {
    if (this.finished.length > 0 || this.again) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RENEW_MS);
      this.moved = () => {
        clearTimeout(timer);
        this.moved = () => undefined;
        resolve();
      };
    });
  }

  private wakeIn(milliseconds: number): void {
    const at = performance.now() + Math.max(1, milliseconds);
    if (this.stopped || (this.probe !== undefined && this.probeAtMs <= at)) return;
    clearTimeout(this.probe);
    this.probeAtMs = at;
    this.probe = setTimeout(() => {
      this.probe = undefined;
      this.wake();
    }, at - performance.now());
  }
}
