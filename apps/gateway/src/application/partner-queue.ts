import type { Clock } from '@voltap/kernel';
import type { Leases } from '@voltap/platform/persistence';
import { type Logger, outsideOfSteps } from '@voltap/platform/telemetry';
import { CircuitBreaker } from '../domain/circuit-breaker.js';
import type { DeliveryRepository } from '../store/delivery-repository.js';
import type { ClaimedDelivery, Settlement } from '../store/delivery-rows.js';
import type { PartnerQueues } from '../store/partner-queues.js';
import type { SendDelivery } from './send-delivery.js';
import type { SettleDeliveries } from './settle-deliveries.js';

/** A replica that dies keeps a partner's deliveries waiting for this long at most. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
/** A partner to which nothing is due is kept for a moment: what comes next is sent without asking for the lease again. */
const LINGER_MS = 50;
/** Whoever was refused the lease tries once more when a replica that has nothing to send has let go. */
const REFUSED_AGAIN_MS = 80;
/** It looks again after this at the latest. */
const LONGEST_WAIT_MS = 60_000;

export interface QueueParts {
  readonly deliveries: Pick<DeliveryRepository, 'claim' | 'takeOver'>;
  readonly partnerQueues: Pick<PartnerQueues, 'state' | 'keepState'>;
  readonly sendDelivery: Pick<SendDelivery, 'execute'>;
  readonly settleDeliveries: Pick<SettleDeliveries, 'execute'>;
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly breakerPauseMs: number;
}

/** The queue of one partner in this replica: it drains while it has the lease. */
export class PartnerQueue {
  private readonly breaker: CircuitBreaker;
  /** What other replicas were told of the breaker and the rest. */
  private keptState = '';
  private readonly finished: Settlement[] = [];
  private active = 0;
  /** Claimed, and not yet written down what became of it. */
  private readonly inHand = new Set<ClaimedDelivery>();
  /** A claimed row is in nobody's hand. */
  private lostTrack = false;
  private draining: Promise<void> | undefined;
  private again = false;
  /** The lease may be asked for once more when it is refused. */
  private insists = false;
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
  ) {
    this.breaker = new CircuitBreaker(parts.breakerPauseMs);
  }

  wake(): void {
    this.insists = true;
    this.look();
  }

  private look(): void {
    this.again = true;
    this.moved();
    if (this.draining !== undefined || this.stopped) return;
    this.draining = outsideOfSteps(() => this.drain())
      .catch((error: unknown) =>
        this.parts.logger.warn({ error, partnerId: this.partnerId }, 'deliveries stand still, trying again'),
      )
      .finally(() => {
        this.draining = undefined;
      });
  }

  /** The partner is tried at once, whatever it did. */
  forget(): void {
    this.breaker.succeeded();
    this.pausedUntilMs = 0;
    this.keptState = this.stateKey();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.probe);
    this.moved();
    await this.draining;
    // It may still be on its way: whoever takes over waits as it does for a replica that died.
    if (this.inHand.size > 0) {
      const { partnerId } = this;
      this.parts.logger.warn(
        { partnerId },
        'stopped with deliveries that are not settled, their lease is left to expire',
      );
      return;
    }
    await this.parts.leases.release(this.leaseName, this.owner);
  }

  private get leaseName(): string {
    return `deliveries ${this.partnerId}`;
  }

  /** Claims, sends and settles until nothing is due: as many at once as the limit and the breaker allow. */
  private async drain(): Promise<void> {
    for (;;) {
      // What finished is written down while the next are taken: each is a commit of its own.
      const settling = this.finished.length > 0 ? this.settle() : null;
      // Awaited below; until then its failure is nobody's.
      settling?.catch(() => undefined);
      // The lease is kept for what is under way, whether or not there is room for more.
      const wanted = this.inHand.size > 0 || this.free() > 0;
      const leased = wanted && (await this.lease());
      this.again = false;
      // What was just learned of the replica before may forbid it.
      const free = leased ? this.free() : 0;
      const claimed = free > 0 ? await this.parts.deliveries.claim(this.partnerId, this.owner, free) : [];
      for (const delivery of claimed) this.send(delivery);
      await settling;
      // What was settled may have held others back.
      if (claimed.length > 0 || settling !== null) continue;
      if (this.inHand.size === 0 && !(this.again && leased)) {
        // A partner that must be left alone is kept: another replica knows nothing of that.
        if (!leased) {
          if (wanted && this.insists) this.wakeIn(REFUSED_AGAIN_MS);
          this.insists = false;
          return;
        }
        await this.movement(LINGER_MS);
        if (this.again) continue;
        await this.giveUp();
        if (!this.again) return;
      }
      await this.movement(RENEW_MS);
    }
  }

  /** How many more may be sent now. */
  private free(): number {
    if (this.stopped) return 0;
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
    this.inHand.add(delivery);
    this.breaker.started();
    this.parts.sendDelivery
      .execute(delivery)
      .then((settlement) => {
        this.learn(settlement);
        this.finished.push(settlement);
      })
      .catch((error: unknown) => {
        this.inHand.delete(delivery);
        this.lostTrack = true;
        this.breaker.failed(this.parts.clock.now().getTime());
        this.parts.logger.error({ error, deliveryId: delivery.id }, 'a delivery could not be attempted');
      })
      .finally(() => {
        this.active -= 1;
        this.moved();
      });
  }

  private learn({ attempt, pauseMs, exchanges }: Settlement): void {
    const now = this.parts.clock.now().getTime();
    if (exchanges.length === 0) this.breaker.unsent();
    else if (attempt.outcome === 'unanswered' || (attempt.httpStatus ?? 0) >= 500) this.breaker.failed(now);
    else this.breaker.succeeded();
    if (pauseMs > 0) this.pausedUntilMs = now + pauseMs;
  }

  private async settle(): Promise<void> {
    const settlements = this.finished.splice(0);
    try {
      await this.parts.settleDeliveries.execute(settlements);
    } catch (error) {
      this.finished.unshift(...settlements);
      throw error;
    }
    for (const { delivery } of settlements) this.inHand.delete(delivery);
    await this.keepState();
    const retry = settlements.filter(({ state }) => state === 'PENDING').map(({ retryInMs }) => retryInMs);
    if (retry.length > 0) this.wakeIn(Math.min(...retry));
  }

  /** Whoever holds the lease is the only one that sends to this partner; what nobody has in hand any more is taken back. */
  private async lease(): Promise<boolean> {
    const now = performance.now();
    const held = now < this.leasedUntilMs;
    if (held && !this.lostTrack && now < this.leasedUntilMs - LEASE_MS + RENEW_MS) return true;
    if (!(await this.parts.leases.acquire(this.leaseName, this.owner, LEASE_MS))) {
      this.leasedUntilMs = 0;
      return false;
    }
    this.leasedUntilMs = now + LEASE_MS;
    if (!held || this.lostTrack) {
      this.lostTrack = false;
      const inHand = [...this.inHand].map(({ id }) => id);
      await this.parts.deliveries.takeOver(this.partnerId, this.owner, inHand);
    }
    // Another replica may have had it meanwhile.
    if (!held) await this.takeState();
    return true;
  }

  /** What the replica before has found out of the partner: whoever takes over spares it as well. */
  private async takeState(): Promise<void> {
    const { breaker, restMs } = await this.parts.partnerQueues.state(this.partnerId);
    const now = this.parts.clock.now().getTime();
    this.breaker.resume(breaker, now);
    this.pausedUntilMs = restMs === 0 ? 0 : now + restMs;
    this.keptState = this.stateKey();
  }

  private async keepState(): Promise<void> {
    const key = this.stateKey();
    if (key === this.keptState) return;
    const now = this.parts.clock.now().getTime();
    await this.parts.partnerQueues.keepState(this.partnerId, {
      breaker: this.breaker.state(now),
      restMs: Math.max(0, this.pausedUntilMs - now),
    });
    this.keptState = key;
  }

  /** Changes when there is something to tell. */
  private stateKey(): string {
    return `${this.breaker.state(0).failures} ${this.pausedUntilMs}`;
  }

  /** Nothing is due: whichever replica hears of the next delivery sends it at once, not when this lease has expired. */
  private async giveUp(): Promise<void> {
    this.leasedUntilMs = 0;
    await this.parts.leases.release(this.leaseName, this.owner);
  }

  /** Something finished, something new came, or so much time has passed. */
  private movement(withinMs: number): Promise<void> {
    if (this.finished.length > 0 || this.again) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.moved = () => {
        clearTimeout(timer);
        this.moved = () => undefined;
        resolve();
      };
    });
  }

  private wakeIn(milliseconds: number): void {
    const at = performance.now() + Math.min(LONGEST_WAIT_MS, Math.max(1, milliseconds));
    if (this.stopped || (this.probe !== undefined && this.probeAtMs <= at)) return;
    clearTimeout(this.probe);
    this.probeAtMs = at;
    this.probe = setTimeout(
      () => {
        this.probe = undefined;
        this.look();
      },
      Math.max(1, at - performance.now()),
    );
  }
}
