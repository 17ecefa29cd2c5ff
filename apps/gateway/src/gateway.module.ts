import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { type ConnectionRules, OcpiClient } from '@voltap/ocpi/client';
import { AskCredentials } from './application/ask-credentials.js';
import { AuthenticatePartner } from './application/authenticate-partner.js';
import { AwaitRevision } from './application/await-revision.js';
import { CallPartner, CONNECTION_RULES } from './application/call-partner.js';
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

/** Private addresses and http only where a developer says so. */
const connectionRules = {
  provide: CONNECTION_RULES,
  inject: [gatewayConfig.token],
  useFactory: ({ VOLTAP_EGRESS_ALLOW_INSECURE: insecure }: GatewayConfig): ConnectionRules => ({
    allowHttp: insecure,
    allowPrivateAddresses: insecure,
  }),
};

const ocpiClient = {
  provide: OcpiClient,
  inject: [Clock, CONNECTION_RULES],
  useFactory: (clock: Clock, rules: ConnectionRules) => new OcpiClient(clock, { rules }),
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
    connectionRules,
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
