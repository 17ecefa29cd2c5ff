import { captureStatusCodeSchema, priceSchema, terminalSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const terminalChangedSchema = z.object({
  partnerId: z.string(),
  terminal: terminalSchema,
  /** Whether the assignment stands at the PTP. */
  assignment: z.enum(['NONE', 'PENDING', 'CONFIRMED', 'REFUSED']),
  /** Whether it was taken out of use at the PTP; null: it is in use. Missing in events of older versions. */
  deactivation: z.enum(['PENDING', 'CONFIRMED', 'REFUSED']).nullable().optional(),
});
export type TerminalChanged = z.infer<typeof terminalChangedSchema>;

export const terminalChanged = defineEvent({
  name: 'terminal.changed',
  kind: 'state',
  producer: 'payments',
  partitions: MANY_KEYS,
  keyedBy: 'partner id*terminal id',
  schema: terminalChangedSchema,
});

/** Card data is left out: no personal payment data travels on topics. */
export const financialAdviceReceivedSchema = z.object({
  partnerId: z.string(),
  confirmation: z.object({
    id: z.string(),
    authorization_reference: z.string(),
    total_costs: priceSchema,
    currency: z.string(),
    capture_status_code: captureStatusCodeSchema,
    capture_status_message: z.string().optional(),
    last_updated: instant,
  }),
});
export type FinancialAdviceReceived = z.infer<typeof financialAdviceReceivedSchema>;

export const financialAdviceReceived = defineEvent({
  name: 'financial-advice.received',
  kind: 'money',
  producer: 'payments',
  partitions: MANY_KEYS,
  keyedBy: 'partner id*confirmation id',
  schema: financialAdviceReceivedSchema,
  referenceOf: ({ confirmation }) => confirmation.authorization_reference,
});

export const reconciliationChangedSchema = z.object({
  partnerId: z.string(),
  authorization_reference: z.string(),
  state: z.enum([
    'AUTHORISED',
    'STARTED',
    'ENDED',
    'CDR_SENT',
    'CDR_ACCEPTED',
    'MATCHED',
    'PAID_OUT',
    'DIFFERENT',
    'FAILED',
    'WRITTEN_OFF',
    'NOT_STARTED',
  ]),
  /** Decimal texts, taxes included; null when not known yet. */
  cdrTotal: z.string().nullable(),
  captured: z.string().nullable(),
  currency: z.string().nullable(),
});
export type ReconciliationChanged = z.infer<typeof reconciliationChangedSchema>;

export const reconciliationChanged = defineEvent({
  name: 'reconciliation.changed',
  kind: 'state',
  producer: 'payments',
  partitions: MANY_KEYS,
  keyedBy: 'partner id*authorization reference',
  schema: reconciliationChangedSchema,
  referenceOf: ({ authorization_reference }) => authorization_reference,
});
