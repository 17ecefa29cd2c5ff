import { cdrSchema, chargingPeriodSchema, tariffSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema, timeZoneSchema } from './endpoint.js';

export const cdrRecordSchema = z.object({
  partnerId: z.string().nullable(),
  acceptedAt: z.string().nullable().describe('When the partner accepted it; null while it has not'),
  location: z.string().nullable().describe('Where the partner keeps it'),
  cdr: cdrSchema,
});
export type CdrView = z.infer<typeof cdrRecordSchema>;

const service = 'cdrs';

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
