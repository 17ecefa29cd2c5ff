import {
  authorizationInfoSchema,
  cancelReservationSchema,
  commandResponseSchema,
  commandResultSchema,
  financialAdviceConfirmationSchema,
  locationReferencesSchema,
  reserveNowSchema,
  startSessionSchema,
  stopSessionSchema,
  terminalActivationSchema,
  terminalAnnouncementSchema,
  terminalAtItsUrlSchema,
  terminalPatchSchema,
  terminalSchema,
  tokenPatchSchema,
  tokenSchema,
  unlockConnectorSchema,
} from '../model/index.js';
import { interfaceOf } from './row.js';

const tokenSender = interfaceOf('tokens', 'SENDER');
const tokenReceiver = interfaceOf('tokens', 'RECEIVER');
const TOKEN = '/:country_code/:party_id/:token_uid';
const query = [{ name: 'type', required: false, description: 'Type of the token; RFID when left out' }] as const;

/** Tokens (TOK): we are RECEIVER. The query parameter `type` (default RFID) belongs to the key (TOK-04, TOK-05). */
export const tokens = {
  sender: {
    list: tokenSender('list', 'GET', '', { response: tokenSchema, paginated: true, objects: { response: 'Token' } }),
    authorize: tokenSender('authorize', 'POST', '/:token_uid/authorize', {
      request: locationReferencesSchema.optional(),
      response: authorizationInfoSchema,
      objects: { request: 'LocationReferences', response: 'AuthorizationInfo' },
      query,
    }),
  },
  receiver: {
    get: tokenReceiver('get', 'GET', TOKEN, { response: tokenSchema, objects: { response: 'Token' }, query }),
    put: tokenReceiver('put', 'PUT', TOKEN, { request: tokenSchema, objects: { request: 'Token' }, query }),
    patch: tokenReceiver('patch', 'PATCH', TOKEN, { request: tokenPatchSchema, objects: { request: 'Token' }, query }),
  },
};

const commandReceiver = interfaceOf('commands', 'RECEIVER');
const commandSender = interfaceOf('commands', 'SENDER');
const response = commandResponseSchema;

/** Commands (CMD): we are RECEIVER; the outcome goes to the `response_url` of the command. */
export const commands = {
  receiver: {
    startSession: commandReceiver('startSession', 'POST', '/START_SESSION', {
      request: startSessionSchema,
      response,
      objects: { request: 'StartSession', response: 'CommandResponse' },
    }),
    stopSession: commandReceiver('stopSession', 'POST', '/STOP_SESSION', {
      request: stopSessionSchema,
      response,
      objects: { request: 'StopSession', response: 'CommandResponse' },
    }),
    reserveNow: commandReceiver('reserveNow', 'POST', '/RESERVE_NOW', {
      request: reserveNowSchema,
      response,
      objects: { request: 'ReserveNow', response: 'CommandResponse' },
    }),
    cancelReservation: commandReceiver('cancelReservation', 'POST', '/CANCEL_RESERVATION', {
      request: cancelReservationSchema,
      response,
      objects: { request: 'CancelReservation', response: 'CommandResponse' },
    }),
    unlockConnector: commandReceiver('unlockConnector', 'POST', '/UNLOCK_CONNECTOR', {
      request: unlockConnectorSchema,
      response,
      objects: { request: 'UnlockConnector', response: 'CommandResponse' },
    }),
  },
  sender: {
    /** Called at the `response_url`, exactly as given (CMD-05). */
    result: commandSender('result', 'POST', '', {
      request: commandResultSchema,
      objects: { request: 'CommandResult' },
    }),
  },
};

const paymentReceiver = interfaceOf('payments', 'RECEIVER');
const paymentSender = interfaceOf('payments', 'SENDER');
const TERMINALS = '/terminals';
const TERMINAL = `${TERMINALS}/:terminal_id` as const;
const CONFIRMATIONS = '/financial-advice-confirmations';
const CONFIRMATION = `${CONFIRMATIONS}/:confirmation_id` as const;
const announcement = { request: terminalAnnouncementSchema, objects: { request: 'Terminal' } } as const;
const atItsUrl = { request: terminalAtItsUrlSchema, objects: { request: 'Terminal' } } as const;
const confirmation = {
  request: financialAdviceConfirmationSchema,
  objects: { request: 'FinancialAdviceConfirmation' },
} as const;
const terminal = { response: terminalSchema, objects: { response: 'Terminal' } } as const;
const stored = {
  response: financialAdviceConfirmationSchema,
  objects: { response: 'FinancialAdviceConfirmation' },
} as const;

/** Payments (PAY): we are RECEIVER, the PTP is SENDER and owns the objects. */
export const payments = {
  receiver: {
    postTerminal: paymentReceiver('postTerminal', 'POST', TERMINALS, announcement),
    /** Some peers POST to the object's URL (E-04). */
    postTerminalAtItsUrl: paymentReceiver('postTerminalAtItsUrl', 'POST', TERMINAL, atItsUrl),
    /** PUT and PATCH are in no chapter; served where the profile of the partner says so. */
    putTerminal: paymentReceiver('putTerminal', 'PUT', TERMINAL, { ...atItsUrl, quirk: 'putTerminals' }),
    patchTerminal: paymentReceiver('patchTerminal', 'PATCH', TERMINAL, {
      request: terminalPatchSchema.partial({ last_updated: true }),
      objects: { request: 'Terminal' },
      quirk: 'patchTerminals',
    }),
    getTerminal: paymentReceiver('getTerminal', 'GET', TERMINAL, terminal),
    listTerminals: paymentReceiver('listTerminals', 'GET', TERMINALS, { ...terminal, paginated: true }),
    postConfirmation: paymentReceiver('postConfirmation', 'POST', CONFIRMATIONS, confirmation),
    putConfirmation: paymentReceiver('putConfirmation', 'PUT', CONFIRMATION, confirmation),
    getConfirmation: paymentReceiver('getConfirmation', 'GET', CONFIRMATION, stored),
  },
  sender: {
    listTerminals: paymentSender('listTerminals', 'GET', TERMINALS, { ...terminal, paginated: true }),
    getTerminal: paymentSender('getTerminal', 'GET', TERMINAL, terminal),
    putTerminal: paymentSender('putTerminal', 'PUT', TERMINAL, {
      request: terminalSchema,
      objects: { request: 'Terminal' },
    }),
    patchTerminal: paymentSender('patchTerminal', 'PATCH', TERMINAL, {
      request: terminalPatchSchema,
      objects: { request: 'Terminal' },
    }),
    activateTerminal: paymentSender('activateTerminal', 'POST', `${TERMINALS}/activate`, {
      request: terminalActivationSchema,
      objects: { request: 'Terminal' },
    }),
    deactivateTerminal: paymentSender('deactivateTerminal', 'POST', `${TERMINAL}/deactivate`),
    listConfirmations: paymentSender('listConfirmations', 'GET', CONFIRMATIONS, { ...stored, paginated: true }),
    getConfirmation: paymentSender('getConfirmation', 'GET', CONFIRMATION, stored),
  },
};
