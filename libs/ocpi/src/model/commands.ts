import { z } from 'zod';
import { callableUrlSchema, ciString, dateTimeSchema, intSchema, list, object, openEnum, optional } from './formats.js';
import { tokenSchema } from './tokens.js';
import { displayTextSchema } from './types.js';

/** Commands and their results (requirements CMD). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const commandTypeSchema = openEnum([
  'CANCEL_RESERVATION',
  'RESERVE_NOW',
  'START_SESSION',
  'STOP_SESSION',
  'UNLOCK_CONNECTOR',
]);
export type CommandType = z.infer<typeof commandTypeSchema>;

export const commandResponseTypeSchema = z.enum(['NOT_SUPPORTED', 'REJECTED', 'ACCEPTED', 'UNKNOWN_SESSION']);
export type CommandResponseType = z.infer<typeof commandResponseTypeSchema>;

export const commandResultTypeSchema = z.enum([
  'ACCEPTED',
  'CANCELED_RESERVATION',
  'EVSE_OCCUPIED',
  'EVSE_INOPERATIVE',
  'FAILED',
  'NOT_SUPPORTED',
  'REJECTED',
  'TIMEOUT',
  'UNKNOWN_RESERVATION',
]);
export type CommandResultType = z.infer<typeof commandResultTypeSchema>;

export const startSessionSchema = object({
  response_url: callableUrlSchema,
  token: tokenSchema,
  location_id: ciString(36),
  evse_uid: optional(ciString(36)),
  connector_id: optional(ciString(36)),
  authorization_reference: optional(ciString(36)),
}).refine((command) => command.connector_id === undefined || command.evse_uid !== undefined, {
  path: ['evse_uid'],
  error: 'is required when connector_id is given (CMD-10)',
});
export type StartSession = z.infer<typeof startSessionSchema>;

export const stopSessionSchema = object({
  response_url: callableUrlSchema,
  session_id: ciString(36),
});
export type StopSession = z.infer<typeof stopSessionSchema>;

export const reserveNowSchema = object({
  response_url: callableUrlSchema,
  token: tokenSchema,
  expiry_date: dateTimeSchema,
  reservation_id: ciString(36),
  location_id: ciString(36),
  evse_uid: optional(ciString(36)),
  authorization_reference: optional(ciString(36)),
});
export type ReserveNow = z.infer<typeof reserveNowSchema>;

export const cancelReservationSchema = object({
  response_url: callableUrlSchema,
  reservation_id: ciString(36),
});
export type CancelReservation = z.infer<typeof cancelReservationSchema>;

export const unlockConnectorSchema = object({
  response_url: callableUrlSchema,
  location_id: ciString(36),
  evse_uid: ciString(36),
  connector_id: ciString(36),
});
export type UnlockConnector = z.infer<typeof unlockConnectorSchema>;

export const commandResponseSchema = object({
  result: commandResponseTypeSchema,
  timeout: intSchema,
  message: list(displayTextSchema),
});
export type CommandResponse = z.infer<typeof commandResponseSchema>;

export const commandResultSchema = object({
  result: commandResultTypeSchema,
  message: list(displayTextSchema),
});
export type CommandResult = z.infer<typeof commandResultSchema>;
