import { commandResultSchema, commandResultTypeSchema, displayTextSchema, tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { COMMAND_KINDS, DECIDERS, ORPHAN_POLICIES } from '../events/commands.js';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

const startRequestSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  connector_id: z.string().nullable(),
  authorization_reference: z.string().nullable(),
  token: tokenSchema.nullable(),
  reservation_id: z.number().int().nullable().describe('The reservation that this start uses, by our number'),
});

const stopRequestSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  session_id: z.string(),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  authorization_reference: z.string().nullable(),
});

const reservationSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  location_id: z.string(),
  evse_uid: z.string().nullable().describe('Null: any EVSE of the location'),
  authorization_reference: z.string().nullable(),
  reservation_id: z.number().int().describe('Ours and unique, as OCPP takes it; never the id that the partner chose'),
});

const reserveRequestSchema = reservationSchema.extend({
  expiry_date: z.string().describe('The same reservation_id again replaces the reservation'),
  token: tokenSchema.nullable(),
});

const unlockRequestSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  connector_id: z.string().nullable(),
});

const identification = {
  commandId: z.string().describe('Answer with it; the same id may be handed out again'),
  idTag: z
    .string()
    .max(20)
    .describe('Give it to the charge point; the same for start and stop of one charge, and for its reservation'),
  issuedAt: z.string(),
  deadline: z.string().describe('After it the partner is told TIMEOUT'),
};

/** A command for the charging back-end. */
export const backEndCommandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('START_SESSION'), ...identification, request: startRequestSchema }),
  z.object({ type: z.literal('STOP_SESSION'), ...identification, request: stopRequestSchema }),
  z.object({ type: z.literal('RESERVE_NOW'), ...identification, request: reserveRequestSchema }),
  z.object({ type: z.literal('CANCEL_RESERVATION'), ...identification, request: reservationSchema }),
  z.object({ type: z.literal('UNLOCK_CONNECTOR'), ...identification, request: unlockRequestSchema }),
]);
export type BackEndCommand = z.infer<typeof backEndCommandSchema>;

export const commandRecordSchema = z.object({
  commandId: z.string(),
  type: z.enum(COMMAND_KINDS),
  partnerId: z.string(),
  origin: z.enum(['PARTNER', 'OPERATOR', 'PLATFORM']).describe('Who wants it; PLATFORM: the stop of an orphan'),
  status: z.enum(['ACCEPTED', 'COMPLETED']),
  authorization_reference: z.string().nullable(),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  connector_id: z.string().nullable(),
  session_id: z.string().nullable(),
  reservation: z.number().int().nullable().describe('Number of the reservation that it makes, ends or uses'),
  idTag: z.string(),
  acceptedAt: z.string(),
  deadline: z.string(),
  completedAt: z.string().nullable(),
  decidedBy: z.enum(DECIDERS).nullable().describe('SESSION: a report of the session came before an answer'),
  result: commandResultSchema.nullable(),
  lateAnswer: commandResultSchema.nullable().describe('An answer that contradicts the outcome the partner was told'),
  orphan: z
    .object({
      session_id: z.string(),
      policy: z.enum(ORPHAN_POLICIES),
      noticedAt: z.string(),
      stops: z.number().int().describe('How often the back-end was told to stop it'),
    })
    .nullable()
    .describe('A charge that began although the partner had been told that the start failed'),
});
export type CommandRecord = z.infer<typeof commandRecordSchema>;

const reservationStateSchema = z.enum(['REQUESTED', 'ACTIVE', 'USED', 'CANCELED', 'EXPIRED', 'FAILED']);

export const reservationRecordSchema = z.object({
  number: z.number().int().describe('Its id at the charge point'),
  partnerId: z.string(),
  country_code: z.string(),
  party_id: z.string(),
  reservation_id: z.string().describe('As the partner named it'),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  authorization_reference: z.string().nullable(),
  expiresAt: z.string(),
  state: reservationStateSchema,
  commandId: z.string().nullable().describe('The RESERVE_NOW that made it what it is'),
  endedAt: z.string().nullable(),
  reason: z.string().nullable(),
});
export type ReservationRecord = z.infer<typeof reservationRecordSchema>;

/** Seconds that a partner is told for one kind of command. */
const timeoutSchema = z.number().int().min(5).max(600).optional();

export const siteTimeoutSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  location_id: z.string(),
  seconds: z.object(Object.fromEntries(COMMAND_KINDS.map((kind) => [kind, timeoutSchema]))),
});
export type SiteTimeoutRecord = z.infer<typeof siteTimeoutSchema>;

const service = 'commands';

export const commandsEndpoints = {
  pending: backOfficeEndpoint({
    id: 'commands.pending',
    service,
    method: 'GET',
    path: '/commands/pending',
    scope: 'back-end',
    summary: 'Fetch commands for the charge points (long poll)',
    description:
      'Answers as soon as there are commands, else with none after `wait` seconds. A command that is not answered is handed out again, so act once per commandId.',
    query: z.object({
      wait: z.coerce.number().min(0).max(30).default(25).describe('Seconds to wait for a command'),
      limit: z.coerce.number().int().min(1).max(100).default(10),
    }),
    response: z.object({ items: z.array(backEndCommandSchema) }),
    status: 200,
  }),
  answer: backOfficeEndpoint({
    id: 'commands.answer',
    service,
    method: 'POST',
    path: '/commands/:commandId/answer',
    scope: 'back-end',
    summary: 'Tell the outcome of a command',
    description:
      'The same answer again is fine. An answer after another outcome is recorded and refused with 409; but CANCELED_RESERVATION after an accepted RESERVE_NOW cancels the reservation, and the partner is told.',
    body: z.object({ result: commandResultTypeSchema, message: z.array(displayTextSchema).optional() }),
    response: commandRecordSchema,
    status: 200,
  }),
  list: backOfficeEndpoint({
    id: 'commands.list',
    service,
    method: 'GET',
    path: '/commands',
    scope: 'read',
    summary: 'Commands, newest first',
    query: listQuerySchema.extend({
      status: z.enum(['ACCEPTED', 'COMPLETED']).optional(),
      orphans: z.enum(['true']).optional().describe('Only starts that failed for the partner and charged nevertheless'),
      evse_uid: z
        .string()
        .min(1)
        .max(36)
        .optional()
        .describe('Only what was wanted at this EVSE; case does not matter'),
    }),
    response: listOf(commandRecordSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'commands.read',
    service,
    method: 'GET',
    path: '/commands/:commandId',
    scope: 'read',
    summary: 'One command',
    response: commandRecordSchema,
    status: 200,
  }),
  stopSession: backOfficeEndpoint({
    id: 'commands.stopSession',
    service,
    method: 'POST',
    path: '/sessions/:country_code/:party_id/:id/stop',
    scope: 'operate',
    summary: 'Stop a charge and wait for the outcome',
    description:
      'Answers when the charging back-end has answered or the session has ended, at the latest after `wait` seconds: then `answered` is false, the stop is still under way, and `GET /commands/{commandId}` tells more. A stop that is under way already is the same stop.',
    query: z.object({ wait: z.coerce.number().min(0).max(60).default(45).describe('Seconds to wait for the outcome') }),
    response: z.object({
      answered: z.boolean(),
      command: commandRecordSchema,
      session_status: z.string().describe('Of the session, as it is known now'),
    }),
    status: 200,
  }),
  listReservations: backOfficeEndpoint({
    id: 'commands.listReservations',
    service,
    method: 'GET',
    path: '/reservations',
    scope: 'read',
    summary: 'Reservations, newest first',
    query: listQuerySchema.extend({ state: reservationStateSchema.optional() }),
    response: listOf(reservationRecordSchema),
    status: 200,
  }),
  cancelReservation: backOfficeEndpoint({
    id: 'commands.cancelReservation',
    service,
    method: 'POST',
    path: '/reservations/:number/cancel',
    scope: 'operate',
    summary: 'Cancel a reservation',
    description: 'The partner that made it is told CANCELED_RESERVATION, the charge point to forget it.',
    body: z.object({ reason: z.string().min(3).max(500).describe('Kept with the reservation') }),
    response: reservationRecordSchema,
    status: 200,
  }),
  listTimeouts: backOfficeEndpoint({
    id: 'commands.listTimeouts',
    service,
    method: 'GET',
    path: '/command-timeouts',
    scope: 'read',
    summary: 'Sites whose commands have timeouts of their own',
    response: z.object({ items: z.array(siteTimeoutSchema) }),
    status: 200,
  }),
  setTimeouts: backOfficeEndpoint({
    id: 'commands.setTimeouts',
    service,
    method: 'PUT',
    path: '/command-timeouts/:country_code/:party_id/:location_id',
    scope: 'operate',
    summary: 'How long commands may take at a site',
    description:
      'Seconds by kind of command, as partners are told them; what is left out has the setting of the service.',
    body: siteTimeoutSchema.shape.seconds,
    response: siteTimeoutSchema,
    status: 200,
  }),
};
