import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema, timeZoneSchema } from './endpoint.js';

const amount = z.string().describe('Decimal text');
const person = z.string().trim().min(1).max(100).describe('Who does this, for the record');

/** How the CSV of an acquirer is read. */
export const payoutMappingSchema = z
  .strictObject({
    delimiter: z.string().length(1).default(',').describe('Between the columns'),
    encoding: z.enum(['utf-8', 'windows-1252']).default('utf-8'),
    skipLines: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe('Lines before the one with the names of the columns'),
    decimalMark: z.enum(['.', ',']).default('.'),
    dateFormat: z.string().min(1).max(50).default('ISO').describe('ISO, or a pattern like dd.MM.yyyy HH:mm'),
    timeZone: timeZoneSchema.default('UTC').describe('Of times without an offset'),
    currency: z.string().length(3).optional().describe('Of all amounts, where no column says it'),
    amountAfterFee: z.boolean().default(false).describe('The amount is what remains after the fee'),
    only: z
      .strictObject({ column: z.string().min(1), values: z.array(z.string()).min(1) })
      .optional()
      .describe('Other lines are passed over'),
    columns: z.strictObject({
      amount: z.string().min(1),
      paidAt: z.string().min(1),
      fee: z.string().min(1).optional(),
      currency: z.string().min(1).optional(),
      transactionId: z
        .string()
        .min(1)
        .optional()
        .describe('Of the acquirer; a transaction that came before is not taken again'),
      reference: z.string().min(1).optional().describe('The authorization_reference'),
      card: z.string().min(1).optional().describe('The masked card number; its last four digits are taken'),
      transactedAt: z.string().min(1).optional().describe('When the card was charged'),
    }),
  })
  .refine(({ currency, columns }) => currency !== undefined || columns.currency !== undefined, {
    path: ['currency'],
    message: 'is needed where no column says it',
  })
  .refine(({ columns }) => columns.reference !== undefined || columns.card !== undefined, {
    path: ['columns', 'reference'],
    message: 'is needed, or /columns/card: without either no line can be matched',
  });
export type PayoutMapping = z.infer<typeof payoutMappingSchema>;

const payoutStateSchema = z.enum(['NEW', 'MATCHED', 'AMBIGUOUS', 'UNMATCHED', 'DISMISSED']);

export const payoutRecordSchema = z.object({
  id: z.string(),
  importId: z.string(),
  line: z.number().int().describe('In the file, from 1'),
  authorization_reference: z.string().nullable().describe('As the file says'),
  cardLastFour: z.string().nullable(),
  amount: amount.describe('Decimal text, before the fee'),
  fee: amount,
  currency: z.string(),
  transactedAt: z.string().nullable(),
  paidAt: z.string(),
  state: payoutStateSchema,
  partnerId: z.string().nullable(),
  matchedReference: z.string().nullable(),
  candidates: z.array(z.string()).describe('The references among which nothing could choose'),
  note: z.string().nullable(),
});
export type PayoutView = z.infer<typeof payoutRecordSchema>;

export const payoutImportRecordSchema = z.object({
  id: z.string(),
  mapping: z.string(),
  fileName: z.string(),
  importedAt: z.string(),
  importedBy: z.string(),
  lines: z.number().int().describe('New lines'),
  known: z.number().int().describe('Lines of transactions that an earlier file had'),
  matched: z.number().int(),
  ambiguous: z.number().int(),
  unmatched: z.number().int(),
  waiting: z.number().int().describe('Still to be matched, which goes on by itself'),
});
export type PayoutImportView = z.infer<typeof payoutImportRecordSchema>;

const figures = { billed: amount, captured: amount, writtenOff: amount, paidOut: amount, fees: amount };

export const subtotalSchema = z.object({
  currency: z.string(),
  state: z.string(),
  cause: z.string().nullable(),
  charges: z.number().int(),
  corrections: z.number().int().describe('Of these, charges that an earlier period reported otherwise'),
  ...figures,
});

export const periodRecordSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  number: z.number().int(),
  endsAt: z.string(),
  closedAt: z.string().nullable().describe('null: not closed, this is what it would say'),
  closedBy: z.string().nullable(),
  totals: z.array(
    z.object({
      currency: z.string(),
      charges: z.number().int(),
      corrections: z.number().int(),
      ...figures,
      open: amount.describe('Billed, less captured, less written off: what the period leaves open'),
    }),
  ),
  subtotals: z.array(subtotalSchema).describe('The totals by state and cause'),
  unassigned: z.number().int().describe('Charges now known whose party nobody can name; they are in no period'),
});
export type PeriodView = z.infer<typeof periodRecordSchema>;

export const periodEntrySchema = z.object({
  partnerId: z.string(),
  authorization_reference: z.string(),
  currency: z.string(),
  ...figures,
  state: z.string(),
  cause: z.string().nullable(),
  correction: z.boolean(),
});
export type PeriodEntryView = z.infer<typeof periodEntrySchema>;

const service = 'payments';
const PERIODS = '/accounting-periods/:country_code/:party_id';
const MAPPING = '/payout-mappings/:name';

/** The books: what acquirers paid out, and periods that are closed. */
export const moneyEndpoints = {
  listPayoutMappings: backOfficeEndpoint({
    id: 'money.listPayoutMappings',
    service,
    method: 'GET',
    path: '/payout-mappings',
    scope: 'read',
    summary: "How acquirers' files are read",
    response: z.object({ items: z.array(z.object({ name: z.string(), mapping: payoutMappingSchema })) }),
    status: 200,
  }),
  putPayoutMapping: backOfficeEndpoint({
    id: 'money.putPayoutMapping',
    service,
    method: 'PUT',
    path: MAPPING,
    scope: 'operate',
    summary: "Say how an acquirer's file is read",
    body: payoutMappingSchema,
    response: payoutMappingSchema,
    status: 200,
  }),
  importPayouts: backOfficeEndpoint({
    id: 'money.importPayouts',
    service,
    method: 'POST',
    path: '/payouts/import/:mapping',
    scope: 'operate',
    summary: "Import an acquirer's file",
    description:
      'All of it or nothing: what is not understood is named by line and column. The same file again is refused; a transaction that an earlier file had is not taken again.',
    streamed: ['text/csv'],
    query: z.object({ fileName: z.string().min(1).max(200), by: person }),
    response: payoutImportRecordSchema,
    status: 200,
  }),
  listPayouts: backOfficeEndpoint({
    id: 'money.listPayouts',
    service,
    method: 'GET',
    path: '/payouts',
    scope: 'read',
    summary: 'Lines of imported files, in their order',
    query: listQuerySchema.extend({ state: payoutStateSchema.optional(), importId: z.uuid().optional() }),
    response: listOf(payoutRecordSchema),
    status: 200,
  }),
  matchPayout: backOfficeEndpoint({
    id: 'money.matchPayout',
    service,
    method: 'POST',
    path: '/payouts/:id/match',
    scope: 'operate',
    summary: 'Say which charge a line belongs to',
    body: z.object({
      authorization_reference: z.string().min(1).max(36),
      partnerId: z.string().min(1).optional(),
      by: person,
    }),
    response: payoutRecordSchema,
    status: 200,
  }),
  dismissPayout: backOfficeEndpoint({
    id: 'money.dismissPayout',
    service,
    method: 'POST',
    path: '/payouts/:id/dismiss',
    scope: 'operate',
    summary: 'Say that a line belongs to no charge',
    body: z.object({ reason: z.string().trim().min(1).max(500), by: person }),
    response: payoutRecordSchema,
    status: 200,
  }),
  listPeriods: backOfficeEndpoint({
    id: 'money.listPeriods',
    service,
    method: 'GET',
    path: PERIODS,
    scope: 'read',
    summary: 'Closed periods of a party, newest first',
    query: listQuerySchema,
    response: listOf(periodRecordSchema),
    status: 200,
  }),
  readPeriod: backOfficeEndpoint({
    id: 'money.readPeriod',
    service,
    method: 'GET',
    path: `${PERIODS}/:number`,
    scope: 'read',
    summary: 'One closed period, or with the number `open` what the next would say',
    query: z.object({
      endsAt: z.iso.datetime({ offset: true }).optional().describe('Of the open one; now, if not given'),
    }),
    response: periodRecordSchema,
    status: 200,
  }),
  listPeriodEntries: backOfficeEndpoint({
    id: 'money.listPeriodEntries',
    service,
    method: 'GET',
    path: `${PERIODS}/:number/entries`,
    scope: 'read',
    summary: 'What a period says of each charge; the entries add up to its totals',
    query: listQuerySchema,
    response: listOf(periodEntrySchema),
    status: 200,
  }),
  closePeriod: backOfficeEndpoint({
    id: 'money.closePeriod',
    service,
    method: 'POST',
    path: `${PERIODS}/close`,
    scope: 'operate',
    summary: 'Close the books of a party up to an instant',
    description:
      'What was billed before `endsAt` is reported as it stands now and never changes in this period again; what becomes known later is a correction in the next. Closing needs no charge to be settled: what is open is reported as open.',
    body: z.object({ endsAt: z.iso.datetime({ offset: true }), by: person }),
    response: periodRecordSchema,
    status: 201,
  }),
};
