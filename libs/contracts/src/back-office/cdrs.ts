import { cdrSchema, chargingPeriodSchema, object, tariffSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema, timeZoneSchema } from './endpoint.js';

export const backEndCdrStateSchema = z
  .enum(['WAITING', 'AGREES', 'DIFFERENT', 'UNREADABLE'])
  .describe('WAITING: ours is not there yet; UNREADABLE: see `problem`');

/** A CDR of the back-end's own, as much of one as it has. */
export const statedCdrSchema = object(z.object(cdrSchema.shape).partial().required({ total_cost: true }).shape);

export const backEndCdrRecordSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  sessionId: z.string(),
  state: backEndCdrStateSchema,
  cause: z.string().nullable().describe('Code of the first explanation that fits, where they differ'),
  message: z.string().nullable(),
  differences: z
    .array(
      z.object({
        pointer: z.string(),
        stated: z.string().nullable(),
        calculated: z.string().nullable().describe('By our CDR'),
        difference: z.string().describe('Stated less ours, decimal text'),
      }),
    )
    .describe('Fields that say something else'),
  repriced: z
    .string()
    .nullable()
    .describe(
      'What it costs with taxes by its own tariff, periods and times; null: it has neither, or that cannot be known',
    ),
  problem: z.string().nullable(),
  cdrId: z.string().nullable().describe('Ours, that it was compared with'),
  receivedAt: z.string(),
  cdr: statedCdrSchema.describe('As it was handed in'),
});
export type BackEndCdrView = z.infer<typeof backEndCdrRecordSchema>;

export const cdrRecordSchema = z.object({
  partnerId: z.string().nullable(),
  acceptedAt: z.string().nullable().describe('When the partner accepted it; null while it has not'),
  location: z.string().nullable().describe('Where the partner keeps it'),
  cdr: cdrSchema,
  backEnd: backEndCdrRecordSchema
    .nullable()
    .describe("The back-end's own CDR of the session, compared with the one that counts; null: none was handed in"),
});
export type CdrView = z.infer<typeof cdrRecordSchema>;

const service = 'cdrs';
const BACK_END_CDR = '/back-end-cdrs/:country_code/:party_id/:session_id';

export const cdrsEndpoints = {
  list: backOfficeEndpoint({
    id: 'cdrs.list',
    service,
    method: 'GET',
    path: '/cdrs',
    scope: 'read',
    summary: 'CDRs in the order in which they were made',
    query: listQuerySchema,
    response: listOf(cdrRecordSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'cdrs.read',
    service,
    method: 'GET',
    path: '/cdrs/:country_code/:party_id/:id',
    scope: 'read',
    summary: 'One CDR, and whether the partner has it',
    response: cdrRecordSchema,
    status: 200,
  }),
  putBackEndCdr: backOfficeEndpoint({
    id: 'cdrs.putBackEndCdr',
    service,
    method: 'PUT',
    path: BACK_END_CDR,
    scope: 'back-end',
    summary: "Hand in the back-end's own CDR of a session, or its totals, to be compared with ours",
    description:
      'It is priced again and compared; a difference is flagged with its cause, and nothing is held back. Before our CDR is there it waits; the same session again replaces it.',
    body: z.object({
      cdr: z.looseObject({}).describe('OCPI 2.3.0 CDR, or any part of one with total_cost'),
    }),
    response: backEndCdrRecordSchema,
    status: 200,
  }),
  readBackEndCdr: backOfficeEndpoint({
    id: 'cdrs.readBackEndCdr',
    service,
    method: 'GET',
    path: BACK_END_CDR,
    scope: 'read',
    summary: "A back-end's own CDR of a session, and how it compares with ours",
    response: backEndCdrRecordSchema,
    status: 200,
  }),
  listBackEndCdrs: backOfficeEndpoint({
    id: 'cdrs.listBackEndCdrs',
    service,
    method: 'GET',
    path: '/back-end-cdrs',
    scope: 'read',
    summary: "Back-ends' own CDRs, latest first",
    query: listQuerySchema.extend({
      state: backEndCdrStateSchema.optional(),
      cause: z.string().max(50).optional().describe('Code of the difference'),
    }),
    response: listOf(backEndCdrRecordSchema),
    status: 200,
  }),
  correct: backOfficeEndpoint({
    id: 'cdrs.correct',
    service,
    method: 'POST',
    path: '/cdrs/:country_code/:party_id/:id/correction',
    scope: 'operate',
    summary: 'Credit a CDR, and bill the charge anew where something is owed',
    description:
      'A CDR never changes: a credit CDR takes it back, and with `correction` a new one is made, priced with what is given and as before in the rest. The partner gets both. The same again gives what was made then.',
    body: z.object({
      reason: z.string().trim().min(3).max(500),
      by: z.string().trim().min(1).max(100).describe('Who decides'),
      correction: z
        .object({
          tariff: tariffSchema.optional(),
          charging_periods: z.array(chargingPeriodSchema).min(1).optional(),
          end_date_time: z.iso.datetime({ offset: true }).optional(),
          timeZone: timeZoneSchema,
        })
        .optional()
        .describe('Without it the charge is free'),
    }),
    response: z.object({ credit: cdrRecordSchema, corrected: cdrRecordSchema.nullable() }),
    status: 200,
  }),
};
