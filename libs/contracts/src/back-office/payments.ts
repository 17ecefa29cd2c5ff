import { financialAdviceConfirmationSchema, terminalSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';
import { pullListSchema } from './pulls.js';
import { silentTerminalSchema } from './silent-terminals.js';

export const terminalRecordSchema = z.object({
  partnerId: z.string(),
  terminal: terminalSchema,
  /** The CPO party it belongs to; null while it is unclaimed. */
  party: z.object({ country_code: z.string(), party_id: z.string() }).nullable(),
  invoiceBaseUrl: z.string(),
  missingSince: z
    .string()
    .nullable()
    .describe("Since when the provider's complete list lacks it: it counts as out of use, until it is told again"),
  assignment: z.object({
    state: z.enum(['NONE', 'PENDING', 'CONFIRMED', 'REFUSED']),
    location_ids: z.array(z.string()),
    evse_uids: z.array(z.string()),
    requestedAt: z.string().nullable(),
    confirmedAt: z.string().nullable(),
    problem: z.string().nullable(),
  }),
  deactivation: z
    .object({
      state: z.enum(['PENDING', 'CONFIRMED', 'REFUSED']),
      requestedAt: z.string(),
      confirmedAt: z.string().nullable(),
      problem: z.string().nullable(),
    })
    .nullable()
    .describe('That it was taken out of use; null while it is in use'),
});
export type TerminalView = z.infer<typeof terminalRecordSchema>;

const places = {
  location_ids: z.array(z.string().min(1).max(36)).default([]),
  evse_uids: z.array(z.string().min(1).max(36)).default([]),
};

export const activationRecordSchema = z.object({
  partnerId: z.string(),
  reference: z.string().describe('Serial number of the terminal, by its maker'),
  state: z
    .enum(['PENDING', 'ACCEPTED', 'CONFIRMED', 'REFUSED'])
    .describe('ACCEPTED: the provider is to tell of the terminal; CONFIRMED: it has'),
  country_code: z.string(),
  party_id: z.string(),
  customer_reference: z.string().nullable(),
  location_ids: z.array(z.string()),
  evse_uids: z.array(z.string()),
  terminalId: z.string().nullable().describe('Of the terminal that the provider told with this reference'),
  requestedAt: z.string(),
  acceptedAt: z.string().nullable(),
  confirmedAt: z.string().nullable(),
  problem: z.string().nullable(),
});
export type ActivationView = z.infer<typeof activationRecordSchema>;

const obstacles = z.array(
  z.object({
    code: z.string(),
    message: z.string(),
    blocks: z.boolean().describe('Nobody can start; else they can, and miss something'),
  }),
);

export const readinessSchema = z.object({
  ready: z.boolean().describe('At one connector at least'),
  obstacles: obstacles.describe('At every connector'),
  connectors: z.array(z.object({ location_id: z.string(), evse_uid: z.string(), connector_id: z.string(), obstacles })),
});
export type ReadinessView = z.infer<typeof readinessSchema>;

export const confirmationRecordSchema = z.object({
  partnerId: z.string(),
  revision: z.number().int(),
  confirmation: financialAdviceConfirmationSchema,
});
export type ConfirmationView = z.infer<typeof confirmationRecordSchema>;

export const reconciliationStateSchema = z.enum([
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
]);

export const reconciliationRecordSchema = z.object({
  partnerId: z.string(),
  authorization_reference: z.string(),
  state: reconciliationStateSchema,
  differences: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      amount: z.string().nullable().describe('Received less expected, decimal text'),
      tolerated: z.boolean().describe('Within the tolerance: noted only'),
    }),
  ),
  party: z.string().nullable().describe('CPO party, like DE*VLT; null while nobody knows it'),
  commandId: z.string().nullable().describe('Of the start that counts'),
  startedAt: z.string().nullable(),
  startResult: z.string().nullable(),
  sessionId: z.string().nullable(),
  sessionStatus: z.string().nullable(),
  cdrId: z.string().nullable(),
  cdrTotal: z.string().nullable().describe('Taxes included, decimal text'),
  cdrAcceptedAt: z.string().nullable().describe('Of the CDR that counts; null while the partner has not accepted it'),
  confirmationId: z.string().nullable(),
  captured: z.string().nullable().describe('Taxes included, decimal text'),
  currency: z.string().nullable(),
  location_id: z.string().nullable(),
  evse_uid: z.string().nullable(),
  cardLastFour: z.array(z.string()),
  paidOut: z.string().nullable().describe('By the acquirer, before its fees, decimal text'),
  writtenOff: z.object({ reason: z.string(), by: z.string(), at: z.string() }).nullable(),
  dueAt: z.string().nullable().describe('When it ought to have gone on; past: overdue'),
  updatedAt: z.string(),
});
export type ReconciliationView = z.infer<typeof reconciliationRecordSchema>;

/** Who stands on the receipts of a party. */
export const legalEntitySchema = z.object({
  name: z.string().min(1).max(200),
  address: z.string().min(1).max(500),
  vatId: z.string().min(1).max(50),
  phone: z.string().max(50).optional(),
  email: z.email().optional(),
  simplifiedLimit: z
    .object({ amount: z.string().regex(/^\d+(\.\d+)?$/, 'is no amount'), currency: z.string().length(3) })
    .optional()
    .describe(
      'Up to this amount, taxes included, a receipt needs no name of the buyer; without it, what the country allows',
    ),
});
export type LegalEntity = z.infer<typeof legalEntitySchema>;

const amount = z.string().describe('Decimal text');

/** Whom a full invoice names. */
export const buyerSchema = z.object({
  name: z.string().trim().min(1).max(200),
  address: z.string().trim().min(1).max(500),
  vatId: z.string().trim().min(1).max(50).optional(),
});
export type Buyer = z.infer<typeof buyerSchema>;

export const receiptSchema = z.object({
  number: z.string(),
  issuedAt: z.string(),
  url: z.string().nullable(),
  seller: legalEntitySchema.nullable(),
  status: z.enum(['SETTLING', 'PAID', 'PARTLY_PAID', 'NOT_PAID']),
  authorization_reference: z.string(),
  sessionId: z.string().nullable(),
  cdrId: z.string(),
  place: z.object({ name: z.string().nullable(), address: z.string(), evseId: z.string(), connector_id: z.string() }),
  meterId: z.string().nullable(),
  timeZone: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  energyKwh: amount,
  currency: z.string(),
  lines: z.array(
    z.object({
      dimension: z.string(),
      quantity: amount,
      unit: z.string(),
      price: amount,
      vat: amount.nullable(),
      beforeTaxes: amount,
      afterTaxes: amount,
    }),
  ),
  totals: z.object({
    beforeTaxes: amount,
    taxes: z.array(z.object({ name: z.string(), percentage: amount.nullable(), amount })),
    afterTaxes: amount,
  }),
  captured: amount.nullable(),
  cardLines: z.array(z.string()),
  /** FULL names the buyer; BUYER_NEEDED ought to, by its amount. */
  kind: z.enum(['SIMPLIFIED', 'BUYER_NEEDED', 'FULL']),
  buyer: buyerSchema.nullable(),
  creditNotes: z.array(
    z.object({ number: z.string(), issuedAt: z.string(), cdrId: z.string(), of: z.string(), total: amount }),
  ),
  /** As the meter signed them, for transparency software. */
  signedData: z
    .object({
      encodingMethod: z.string(),
      publicKey: z.string().nullable(),
      url: z.string().nullable(),
      values: z.array(z.object({ nature: z.string(), plain: z.string(), signed: z.string() })),
    })
    .nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** What the support and the finance desk know of a charge; everything given must hold. */
export const reconciliationQuerySchema = listQuerySchema.extend({
  state: reconciliationStateSchema.optional(),
  cause: z.string().max(50).optional().describe('Code of the difference'),
  reference: z.string().min(3).max(36).optional().describe('How the authorization_reference begins'),
  cardLastFour: z
    .string()
    .regex(/^\d{4}$/, 'must be four digits')
    .optional(),
  terminal: z.string().min(1).optional().describe('terminal_id or serial: the charges at the places it serves'),
  location_id: z.string().optional(),
  evse_uid: z.string().optional(),
  from: z.iso.datetime({ offset: true }).optional().describe('Started at or after'),
  to: z.iso.datetime({ offset: true }).optional().describe('Started before'),
  overdue: z.enum(['true']).optional().describe('Those that ought to have gone on by now'),
});

const service = 'payments';
const TERMINAL = '/terminals/:partnerId/:terminalId';
const ACTIVATION = '/terminal-activations/:partnerId/:reference';
const LEGAL_ENTITY = '/legal-entities/:country_code/:party_id';

export const paymentsEndpoints = {
  listTerminals: backOfficeEndpoint({
    id: 'payments.listTerminals',
    service,
    method: 'GET',
    path: '/terminals',
    scope: 'read',
    summary: 'Payment terminals of all partners',
    query: listQuerySchema,
    response: listOf(terminalRecordSchema),
    status: 200,
  }),
  readTerminal: backOfficeEndpoint({
    id: 'payments.readTerminal',
    service,
    method: 'GET',
    path: TERMINAL,
    scope: 'read',
    summary: 'One payment terminal',
    response: terminalRecordSchema,
    status: 200,
  }),
  readiness: backOfficeEndpoint({
    id: 'payments.readiness',
    service,
    method: 'GET',
    path: `${TERMINAL}/readiness`,
    scope: 'read',
    summary: 'Would a driver be able to start here now, and if not, why not',
    response: readinessSchema,
    status: 200,
  }),
  assignTerminal: backOfficeEndpoint({
    id: 'payments.assignTerminal',
    service,
    method: 'PUT',
    path: `${TERMINAL}/assignment`,
    scope: 'operate',
    summary: 'Say which locations and EVSEs a terminal serves',
    description:
      'The complete lists; both together count. Sent to the terminal provider and read back. PENDING: it could not be reached and is tried again; REFUSED: see `problem`.',
    body: z.object(places),
    response: terminalRecordSchema,
    status: 200,
  }),
  deactivateTerminal: backOfficeEndpoint({
    id: 'payments.deactivateTerminal',
    service,
    method: 'POST',
    path: `${TERMINAL}/deactivate`,
    scope: 'operate',
    summary: 'Take a terminal out of use at its provider: it is broken, or its station is gone',
    description:
      'Sent to the terminal provider and read back: CONFIRMED when it holds no places for it any more. PENDING: it could not be reached and is tried again; REFUSED: see `problem`. Only an activation puts it into use again.',
    response: terminalRecordSchema,
    status: 200,
  }),
  listActivations: backOfficeEndpoint({
    id: 'payments.listActivations',
    service,
    method: 'GET',
    path: '/terminal-activations',
    scope: 'read',
    summary: 'Terminals that providers were asked to activate',
    query: listQuerySchema,
    response: listOf(activationRecordSchema),
    status: 200,
  }),
  readActivation: backOfficeEndpoint({
    id: 'payments.readActivation',
    service,
    method: 'GET',
    path: ACTIVATION,
    scope: 'read',
    summary: 'What became of one activation',
    response: activationRecordSchema,
    status: 200,
  }),
  activateTerminal: backOfficeEndpoint({
    id: 'payments.activateTerminal',
    service,
    method: 'PUT',
    path: ACTIVATION,
    scope: 'operate',
    summary: 'Have a terminal activated that is built into a station, with the places that it serves',
    description:
      'Sent to the terminal provider, which sets the terminal up and tells of it with the same reference; its places are then assigned. PENDING: the provider could not be reached and is tried again; REFUSED: see `problem`.',
    body: z.object({
      ...places,
      party: z
        .object({ country_code: z.string().length(2), party_id: z.string().length(3) })
        .optional()
        .describe('Whose terminal it is; needed where the partner serves several of ours'),
      customer_reference: z.string().min(1).max(36).optional().describe('Of those agreed; needed where several are'),
    }),
    response: activationRecordSchema,
    status: 200,
  }),
  withdrawActivation: backOfficeEndpoint({
    id: 'payments.withdrawActivation',
    service,
    method: 'DELETE',
    path: ACTIVATION,
    scope: 'operate',
    summary: 'Forget an activation that is not confirmed; the provider is not told',
    response: z.object({ withdrawn: z.boolean() }),
    status: 200,
  }),
  pull: backOfficeEndpoint({
    id: 'payments.pull',
    service,
    method: 'POST',
    path: '/terminals/pull/:partnerId',
    scope: 'operate',
    summary: "Fetch a partner's terminals and confirmations now",
    description: 'A full pull; after the one that is running. Without it the lists are pulled by the clock.',
    response: z.object({
      terminals: z.number().int(),
      confirmations: z.number().int(),
      invalid: z.number().int().describe('Elements that could not be read'),
      missing: z.number().int().describe('Terminals that are not in the list any more'),
    }),
    status: 200,
  }),
  listPulls: backOfficeEndpoint({
    id: 'payments.listPulls',
    service,
    method: 'GET',
    path: '/terminals/pulls',
    scope: 'read',
    summary: "When partners' terminals and confirmations were fetched last, and when they are next",
    response: pullListSchema,
    status: 200,
  }),
  listSilentTerminals: backOfficeEndpoint({
    id: 'payments.listSilentTerminals',
    service,
    method: 'GET',
    path: '/terminals/silent',
    scope: 'read',
    summary: 'Terminals at whose EVSEs cars charge, and for a week nobody who paid by card',
    response: z.object({ items: z.array(silentTerminalSchema) }),
    status: 200,
  }),
  listConfirmations: backOfficeEndpoint({
    id: 'payments.listConfirmations',
    service,
    method: 'GET',
    path: '/confirmations',
    scope: 'read',
    summary: 'Confirmations of captured money',
    query: listQuerySchema,
    response: listOf(confirmationRecordSchema),
    status: 200,
  }),
  listReconciliation: backOfficeEndpoint({
    id: 'payments.listReconciliation',
    service,
    method: 'GET',
    path: '/reconciliation',
    scope: 'read',
    summary: 'Where the money of each charge stands, latest change first',
    query: reconciliationQuerySchema,
    response: listOf(reconciliationRecordSchema),
    status: 200,
  }),
  readReconciliation: backOfficeEndpoint({
    id: 'payments.readReconciliation',
    service,
    method: 'GET',
    path: '/reconciliation/:authorization_reference',
    scope: 'read',
    summary: 'Where the money of one charge stands',
    response: reconciliationRecordSchema,
    status: 200,
  }),
  summariseReconciliation: backOfficeEndpoint({
    id: 'payments.summariseReconciliation',
    service,
    method: 'GET',
    path: '/reconciliation-summary',
    scope: 'read',
    summary: 'Money that does not agree yet, by currency, state, cause and age',
    response: z.object({
      items: z.array(
        z.object({
          currency: z.string().nullable(),
          state: reconciliationStateSchema,
          cause: z.string().nullable(),
          age: z.enum(['not_due', 'day', 'week', 'month', 'older']).describe('Since it became due'),
          charges: z.number().int(),
          open: amount.describe('Billed, less captured, less written off'),
        }),
      ),
    }),
    status: 200,
  }),
  writeOff: backOfficeEndpoint({
    id: 'payments.writeOff',
    service,
    method: 'POST',
    path: '/reconciliation/:authorization_reference/write-off',
    scope: 'operate',
    summary: 'Leave a difference as it is, with a reason and a name',
    description:
      'It covers the amounts as they are now: when the bill or the capture changes, the charge is open again. A start of which no session came is let go until one comes.',
    body: z.object({
      reason: z.string().trim().min(3).max(500),
      by: z.string().trim().min(1).max(100).describe('Who decides'),
      partnerId: z.string().min(1).optional().describe('Needed where two partners use the same reference'),
    }),
    response: reconciliationRecordSchema,
    status: 200,
  }),
  reopen: backOfficeEndpoint({
    id: 'payments.reopen',
    service,
    method: 'POST',
    path: '/reconciliation/:authorization_reference/reopen',
    scope: 'operate',
    summary: 'Take a write-off back',
    body: z.object({ partnerId: z.string().min(1).optional() }),
    response: reconciliationRecordSchema,
    status: 200,
  }),
  readReceipt: backOfficeEndpoint({
    id: 'payments.readReceipt',
    service,
    method: 'GET',
    path: '/receipts/:authorization_reference',
    scope: 'read',
    summary: "A driver's receipt",
    response: receiptSchema,
    status: 200,
  }),
  putBuyer: backOfficeEndpoint({
    id: 'payments.putBuyer',
    service,
    method: 'PUT',
    path: '/receipts/:authorization_reference/buyer',
    scope: 'operate',
    summary: 'Make a receipt a full invoice, once: say whom it names',
    body: buyerSchema,
    response: receiptSchema,
    status: 200,
  }),
  readLegalEntity: backOfficeEndpoint({
    id: 'payments.readLegalEntity',
    service,
    method: 'GET',
    path: LEGAL_ENTITY,
    scope: 'read',
    summary: 'Who stands on the receipts of a party',
    response: legalEntitySchema,
    status: 200,
  }),
  putLegalEntity: backOfficeEndpoint({
    id: 'payments.putLegalEntity',
    service,
    method: 'PUT',
    path: LEGAL_ENTITY,
    scope: 'operate',
    summary: 'Say who stands on the receipts of a party',
    body: legalEntitySchema,
    response: legalEntitySchema,
    status: 200,
  }),
};
