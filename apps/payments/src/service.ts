import { financialAdviceReceived, reconciliationChanged, terminalChanged } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { paymentsConfig } from './payments.config.js';
import { PaymentsModule } from './payments.module.js';
import { Payments1764000000000, PaymentsReferenceAsSent1764000000001 } from './store/migrations.js';

export const payments = defineService({
  name: 'payments',
  module: PaymentsModule,
  config: paymentsConfig,
  migrations: [Payments1764000000000, PaymentsReferenceAsSent1764000000001],
  publishes: [terminalChanged, financialAdviceReceived, reconciliationChanged],
});
