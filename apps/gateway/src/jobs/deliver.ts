import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { ConnectPartner } from '../application/connect-partner.js';
import { DeliveryQueues } from '../application/delivery-queues.js';
import { ProbePartners } from '../application/probe-partners.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { CallbackRepository } from '../store/callbacks.js';
import { DeliveryRepository } from '../store/delivery-repository.js';
import { Exchanges } from '../store/exchanges.js';

const LOOK_EVERY_MS = 1_000;
const CONNECT_EVERY_MS = 5_000;
const PROBE_EVERY_MS = 60_000;
const PRUNE_EVERY_MS = 60 * 60 * 1000;

/** Finds what is due and nobody was woken for: after a restart, after a backoff, from another replica. */
@Injectable()
export class Deliver implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly deliveries: DeliveryRepository,
    private readonly callbacks: CallbackRepository,
    private readonly exchanges: Exchanges,
    private readonly queues: DeliveryQueues,
    private readonly connectPartner: ConnectPartner,
    private readonly probePartners: ProbePartners,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  onModuleInit(): void {
    this.jobs.add({ name: 'deliver', everyMs: LOOK_EVERY_MS, run: () => this.deliver() });
    this.jobs.add({ name: 'connect-partners', everyMs: CONNECT_EVERY_MS, run: () => this.connectPartner.catchUp() });
    this.jobs.add({ name: 'probe-partners', everyMs: PROBE_EVERY_MS, run: () => this.probePartners.execute() });
    this.jobs.add({ name: 'prune-deliveries', everyMs: PRUNE_EVERY_MS, run: () => this.prune() });
  }

  private async deliver(): Promise<void> {
    for (const partnerId of await this.deliveries.partnersDue()) this.queues.wake(partnerId);
  }

  private async prune(): Promise<void> {
    await this.deliveries.prune(this.config.VOLTAP_GATEWAY_DELIVERY_DAYS);
    await this.callbacks.prune();
    await this.exchanges.prune(this.config.VOLTAP_GATEWAY_EXCHANGE_DAYS);
  }
}
