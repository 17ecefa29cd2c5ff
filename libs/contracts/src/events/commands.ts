import { commandResultSchema, tariffSchema, tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

/** A command that was promised to a partner (ACCEPTED), with all that the charge will need of it. */
export const commandAcceptedSchema = z.object({
  commandId: z.string(),
  type: z.enum(['START_SESSION', 'STOP_SESSION']),
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
});

/** What stands before a correlation id where a command had its `response_url`, which stays in the gateway. */
export const CORRELATION_URL_PREFIX = 'voltap:correlation:';

/** The one outcome of a command. Published again with further correlation ids when the same command is asked again. */
export const commandCompletedSchema = z.object({
  commandId: z.string(),
  type: z.enum(['START_SESSION', 'STOP_SESSION']),
  partnerId: z.string(),
  country_code: z.string(),
  party_id: z.string(),
  authorization_reference: z.string().nullable(),
  /** Correlation ids of the response URLs that are to get the result and have not been told of by an earlier event. */
  correlationIds: z.array(z.string()),
  result: commandResultSchema,
  /** By whom the outcome came about. */
  decidedBy: z.enum(['BACK_END', 'DEADLINE']),
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
});
