import { rootCertificates } from 'node:tls';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { type ConnectionRules, OcpiClient } from '@voltap/ocpi/client';
import { AskCredentials } from './application/ask-credentials.js';
import { AuthenticatePartner } from './application/authenticate-partner.js';
import { AwaitRevision } from './application/await-revision.js';
import { CallPartner, CONNECTION_RULES } from './application/call-partner.js';
import { ConnectPartner } from './application/connect-partner.js';
import { DecideDeliveries } from './application/decide-deliveries.js';
import { DeliveryQueues } from './application/delivery-queues.js';
import { FindResponseUrl } from './application/find-response-url.js';
import { PartnerConnections } from './application/partner-connections.js';
import { PlanDeliveries } from './application/plan-deliveries.js';
import { ProbePartners } from './application/probe-partners.js';
import { ResyncModule } from './application/resync-module.js';
import { SayToPartner } from './application/say-to-partner.js';
import { SendDelivery } from './application/send-delivery.js';
import { SettleDeliveries } from './application/settle-deliveries.js';
import { TakeCommand } from './application/take-command.js';
import { TracedOcpiClient } from './application/traced-client.js';
import { DeliveriesConsumer } from './consumers/deliveries.consumer.js';
import { PartnersConsumer } from './consumers/partners.consumer.js';
import { type GatewayConfig, gatewayConfig } from './gateway.config.js';
import { BackOfficeListener } from './http/back-office-listener.js';
import { DeliveriesController } from './http/deliveries.controller.js';
import { EgressController } from './http/egress.controller.js';
import { PublicListener } from './http/public-listener.js';
import { CertificateMetrics } from './jobs/certificate-metrics.js';
import { Deliver } from './jobs/deliver.js';
import { DeliveryMetrics } from './jobs/delivery-metrics.js';
import { AcknowledgedSessions } from './store/acknowledged-sessions.js';
import { CallbackRepository } from './store/callbacks.js';
import { DeliveryDecisions } from './store/delivery-decisions.js';
import { DeliveryRepository } from './store/delivery-repository.js';
import { DeliverySearch } from './store/delivery-search.js';
import { Exchanges } from './store/exchanges.js';
import { PartnerDirectory } from './store/partner-directory.js';
import { PartnerQueues } from './store/partner-queues.js';
import { ToldState } from './store/told-state.js';

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
  inject: [Clock, CONNECTION_RULES, gatewayConfig.token],
  useFactory: (clock: Clock, rules: ConnectionRules, { VOLTAP_EGRESS_CA_FILE: own }: GatewayConfig) =>
    new TracedOcpiClient(clock, { rules, ...(own === undefined ? {} : { ca: [...rootCertificates, own].join('\n') }) }),
};

@Module({
  controllers: [DeliveriesController, EgressController, DeliveriesConsumer, PartnersConsumer],
  providers: [
    AskCredentials,
    AuthenticatePartner,
    AwaitRevision,
    CallPartner,
    ConnectPartner,
    DecideDeliveries,
    DeliveryQueues,
    FindResponseUrl,
    PartnerConnections,
    PlanDeliveries,
    ProbePartners,
    ResyncModule,
    SayToPartner,
    SendDelivery,
    SettleDeliveries,
    TakeCommand,
    CertificateMetrics,
    Deliver,
    DeliveryMetrics,
    BackOfficeListener,
    PublicListener,
    AcknowledgedSessions,
    CallbackRepository,
    DeliveryDecisions,
    DeliveryRepository,
    DeliverySearch,
    Exchanges,
    PartnerDirectory,
    PartnerQueues,
    ToldState,
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
