import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { OcpiClient } from '@voltap/ocpi/client';
import { AskCredentials } from './application/ask-credentials.js';
import { AuthenticatePartner } from './application/authenticate-partner.js';
import { AwaitRevision } from './application/await-revision.js';
import { CallPartner } from './application/call-partner.js';
import { DeliveryQueues } from './application/delivery-queues.js';
import { PartnerConnections } from './application/partner-connections.js';
import { PlanDeliveries } from './application/plan-deliveries.js';
import { SendDelivery } from './application/send-delivery.js';
import { SettleDeliveries } from './application/settle-deliveries.js';
import { TakeCommand } from './application/take-command.js';
import { DeliveriesConsumer } from './consumers/deliveries.consumer.js';
import { PartnersConsumer } from './consumers/partners.consumer.js';
import { type GatewayConfig, gatewayConfig } from './gateway.config.js';
import { BackOfficeListener } from './http/back-office-listener.js';
import { DeliveriesController } from './http/deliveries.controller.js';
import { EgressController } from './http/egress.controller.js';
import { PublicListener } from './http/public-listener.js';
import { Deliver } from './jobs/deliver.js';
import { CallbackRepository } from './store/callbacks.js';
import { DeliveryRepository } from './store/delivery-repository.js';
import { PartnerDirectory } from './store/partner-directory.js';

/** Calls partners; private addresses and http only where a developer says so. */
const ocpiClient = {
  provide: OcpiClient,
  inject: [Clock, gatewayConfig.token],
  useFactory: (clock: Clock, config: GatewayConfig) => {
    const insecure = config.VOLTAP_EGRESS_ALLOW_INSECURE;
    return new OcpiClient(clock, { rules: { allowHttp: insecure, allowPrivateAddresses: insecure } });
  },
};

@Module({
  controllers: [DeliveriesController, EgressController, DeliveriesConsumer, PartnersConsumer],
  providers: [
    AskCredentials,
    AuthenticatePartner,
    AwaitRevision,
    CallPartner,
    DeliveryQueues,
    PartnerConnections,
    PlanDeliveries,
    SendDelivery,
    SettleDeliveries,
    TakeCommand,
    Deliver,
    BackOfficeListener,
    PublicListener,
    CallbackRepository,
    DeliveryRepository,
    PartnerDirectory,
    ocpiClient,
  ],
})
export class GatewayModule implements OnApplicationShutdown {
  constructor(private readonly client: OcpiClient) {}

  /** Runs after the providers' own: deliveries that are on their way still need the connections. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
