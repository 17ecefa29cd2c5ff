import { operationsEndpoints } from '@voltap/contracts/back-office';
import { deliveryExhausted, deliveryFailed, deliverySucceeded } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { gatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import {
  GatewayDeliveries1764000000001,
  GatewayDeliveryDoubts1764000000002,
  GatewayDeliverySearch1764000000005,
  GatewayDeliveryTraces1764500000000,
  GatewayResync1764000000004,
} from './store/delivery-tables.js';
import {
  GatewayCallbackTerms1764000000003,
  GatewayCancellations1764300000000,
  GatewayDirectory1764000000000,
  GatewayTariffAudiences1764400000000,
} from './store/migrations.js';
import { directoryProjection } from './store/partner-directory.js';
import { locationProjection, tariffAudienceProjection, tariffProjection } from './store/told-state.js';

export const gateway = defineService({
  name: 'gateway',
  module: GatewayModule,
  config: gatewayConfig,
  migrations: [
    GatewayDirectory1764000000000,
    GatewayDeliveries1764000000001,
    GatewayDeliveryDoubts1764000000002,
    GatewayCallbackTerms1764000000003,
    GatewayResync1764000000004,
    GatewayDeliverySearch1764000000005,
    GatewayDeliveryTraces1764500000000,
    GatewayCancellations1764300000000,
    GatewayTariffAudiences1764400000000,
  ],
  publishes: [deliverySucceeded, deliveryFailed, deliveryExhausted],
  projections: [directoryProjection, locationProjection, tariffProjection, tariffAudienceProjection],
  operations: operationsEndpoints,
});
