import {
  authMethodSchema,
  cdrTokenSchema,
  chargingPeriodSchema,
  currencySchema,
  dateTimeSchema,
  sessionSchema,
  sessionStatusSchema,
  signedDataSchema,
} from '@voltap/ocpi/model';
import { z } from 'zod';
import { ORPHAN_POLICIES } from '../events/commands.js';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

/** What a charging back-end says of a session: the whole state each time. Fields that we do not know stay with the session. */
export const sessionReportSchema = z.looseObject({
  status: sessionStatusSchema,
  start_date_time: dateTimeSchema,
  end_date_time: dateTimeSchema.optional().describe('Needed with COMPLETED and INVALID'),
  kwh: z.number(),
  location_id: z.string().min(1).max(36),
  evse_uid: z.string().min(1).max(36),
  connector_id: z.string().min(1).max(36),
  meter_id: z.string().max(255).optional(),
  currency: currencySchema.optional().describe('Only for connectors without a tariff'),
  charging_periods: z
    .array(chargingPeriodSchema)
    .optional()
    .describe(
      'All periods so far. Without them they are derived from kwh and the times of the reports; time without energy only from reports with reportedAt, and at the end',
    ),
  signed_data: signedDataSchema.optional(),
  cdr_token: cdrTokenSchema.optional().describe('For charges that no command started'),
  auth_method: authMethodSchema.optional(),
});

export const sessionRecordSchema = z.object({
  revision: z.number().int(),
  bound: z.boolean().describe('False while the start command is not known yet; the report is kept, by the same rules'),
  partnerId: z.string().nullable(),
  commandId: z.string().nullable(),
  session: sessionSchema.nullable(),
  orphan: z
    .enum(ORPHAN_POLICIES)
    .nullable()
    .describe(
      'The partner had been told that the start failed; stop: it is stopped and never billed, bind: it is billed',
    ),
});
export type SessionView = z.infer<typeof sessionRecordSchema>;

export const unboundReportSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  id: z.string(),
  commandId: z.string().nullable(),
  idTag: z.string().nullable(),
  reason: z
    .enum(['WAITING', 'CONTESTED'])
    .describe('WAITING: its command, or its place, is not known; CONTESTED: another session has the start'),
  contestedBy: z.string().nullable().describe('The session that has the start'),
  keptSince: z.string(),
  forgottenAt: z.string().describe('When it is forgotten, unless it becomes a session or is reported anew before'),
  report: sessionReportSchema,
});
export type UnboundReportRecord = z.infer<typeof unboundReportSchema>;

const service = 'sessions';
const PATH = '/sessions/:country_code/:party_id/:id';

export const sessionsEndpoints = {
  report: backOfficeEndpoint({
    id: 'sessions.report',
    service,
    method: 'PUT',
    path: PATH,
    scope: 'back-end',
    summary: 'Report a session',
    description:
      'The whole state, as often as it changes. `commandId` or `idTag` binds it to its start. The same report again changes nothing; what has ended does not change (409), and a start has one session (409 for another).',
    body: z.object({
      commandId: z.string().optional(),
      idTag: z.string().max(20).optional(),
      reportedAt: dateTimeSchema.optional().describe('The moment that the report is about; now, when left out'),
      session: sessionReportSchema,
    }),
    response: sessionRecordSchema,
    status: 200,
  }),
  list: backOfficeEndpoint({
    id: 'sessions.list',
    service,
    method: 'GET',
    path: '/sessions',
    scope: 'read',
    summary: 'Sessions, least recently changed first',
    query: listQuerySchema,
    response: listOf(sessionRecordSchema),
    status: 200,
  }),
  listUnbound: backOfficeEndpoint({
    id: 'sessions.listUnbound',
    service,
    method: 'GET',
    path: '/sessions/unbound',
    scope: 'read',
    summary: 'Reports that are no sessions, oldest first',
    description: 'Energy may flow that nobody pays for: their command never came, or another session has their start.',
    query: listQuerySchema,
    response: listOf(unboundReportSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'sessions.read',
    service,
    method: 'GET',
    path: PATH,
    scope: 'read',
    summary: 'One session',
    response: sessionRecordSchema,
    status: 200,
  }),
};
