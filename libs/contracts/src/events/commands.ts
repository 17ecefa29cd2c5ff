import { commandResultSchema, tariffSchema, tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const COMMAND_KINDS = [
  'START_SESSION',
  'STOP_SESSION',
  'RESERVE_NOW',
  'CANCEL_RESERVATION',
  'UNLOCK_CONNECTOR',
] as const;

/** By whom an outcome came about: an answer, a report of the session that began, the deadline, or what we know ourselves. */
export const DECIDERS = ['BACK_END', 'SESSION', 'DEADLINE', 'PLATFORM'] as const;

/** What becomes of a charge that begins although the partner was told that it would not. */
export const ORPHAN_POLICIES = ['stop', 'bind'] as const;
export type OrphanPolicy = (typeof ORPHAN_POLICIES)[number];

/** A command that was promised to a partner (ACCEPTED), with all that the charge will need of it. */
export const commandAcceptedSchema = z.object({
  commandId: z.string(),
  type: z.enum(COMMAND_KINDS),
  partnerId: z.string(),
  /** The CPO party that the command is for. */
  country_code: z.string(),
  party_id: z.string(),
  /** At most 20 characters, ours; the same for the start and the stop of one charge. */
  idTag: z.string(),
  authorization_reference: z.string().nullable(),
  /** The token of START_SESSION; null for STOP_SESSION. */
  token: tokenSchema.nullable(),
  location_id: z.string(),
  evse_uid: z.string().nullable(),
  connector_id: z.string().nullable(),
  /** The session to stop; null for START_SESSION. */
  session_id: z.string().nullable(),
  /** The tariff of the connector as it was when the command was accepted, with its revision; null when there is none. */
  tariff: z.object({ revision: z.number().int(), tariff: tariffSchema }).nullable(),
  /** When the reservation of RESERVE_NOW runs out. */
  expiry: instant.optional(),
  acceptedAt: instant,
  deadline: instant,
});
export type CommandAccepted = z.infer<typeof commandAcceptedSchema>;

export const commandAccepted = defineEvent({
  name: 'command.accepted',
  kind: 'money',
  producer: 'commands',
  partitions: MANY_KEYS,
  keyedBy: 'command id',
  schema: commandAcceptedSchema,
  referenceOf: ({ authorization_reference }) => authorization_reference,
});

/** What stands before a correlation id where a command had its `response_url`, which stays in the gateway. */
export const CORRELATION_URL_PREFIX = 'voltap:correlation:';

/** The one outcome of a command. Published again with further correlation ids when the same command is asked again. */
export const commandCompletedSchema = z.object({
  commandId: z.string(),
  type: z.enum(COMMAND_KINDS),
  partnerId: z.string(),
  country_code: z.string(),
  party_id: z.string(),
  authorization_reference: z.string().nullable(),
  /** Correlation ids of the response URLs that are to get the result and have not been told of by an earlier event. */
  correlationIds: z.array(z.string()),
  result: commandResultSchema,
  decidedBy: z.enum(DECIDERS),
  /** With a start that failed: what becomes of a charge that begins nevertheless, as it stood when the partner was told. */
  orphans: z.enum(ORPHAN_POLICIES).optional(),
  completedAt: instant,
  deadline: instant,
});
export type CommandCompleted = z.infer<typeof commandCompletedSchema>;

export const commandCompleted = defineEvent({
  name: 'command.completed',
  kind: 'money',
  producer: 'commands',
  partitions: MANY_KEYS,
  keyedBy: 'command id',
  schema: commandCompletedSchema,
  referenceOf: ({ authorization_reference }) => authorization_reference,
});
