import { operationsEndpoints } from '@voltap/contracts/back-office';
import { financialAdviceReceived, reconciliationChanged, terminalChanged } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { paymentsConfig } from './payments.config.js';
import { PaymentsModule } from './payments.module.js';
import {
  Payments1764000000000,
  PaymentsActivations1764000005000,
  PaymentsBooks1764000001000,
  PaymentsCreditNotes1764000003000,
  PaymentsPulls1764000002000,
  PaymentsReferenceAsSent1764000000001,
  PaymentsSilentTerminals1764000007000,
  PaymentsTariffAudiences1764000006000,
  PaymentsTariffProjection1764000004000,
} from './store/migrations.js';
import {
  locationProjection,
  partnerProjection,
  tariffAudienceProjection,
  tariffProjection,
} from './store/projections.js';

export const payments = defineService({
  name: 'payments',
  module: PaymentsModule,
  config: paymentsConfig,
  migrations: [
    Payments1764000000000,
    PaymentsReferenceAsSent1764000000001,
    PaymentsBooks1764000001000,
    PaymentsPulls1764000002000,
    PaymentsCreditNotes1764000003000,
    PaymentsTariffProjection1764000004000,
    PaymentsActivations1764000005000,
    PaymentsTariffAudiences1764000006000,
    PaymentsSilentTerminals1764000007000,
  ],
  publishes: [terminalChanged, financialAdviceReceived, reconciliationChanged],
  projections: [locationProjection, partnerProjection, tariffProjection, tariffAudienceProjection],
  operations: operationsEndpoints,
});
