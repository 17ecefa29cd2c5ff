import {
  cdrSchema,
  chargingPreferencesResponseSchema,
  chargingPreferencesSchema,
  connectorPatchSchema,
  connectorSchema,
  evsePatchSchema,
  evseSchema,
  locationPatchSchema,
  locationSchema,
  sessionPatchSchema,
  sessionSchema,
  tariffSchema,
} from '../model/index.js';
import { interfaceOf } from './row.js';

const locationSender = interfaceOf('locations', 'SENDER');
const locationReceiver = interfaceOf('locations', 'RECEIVER');
const LOCATION = '/:country_code/:party_id/:location_id';
const EVSE = `${LOCATION}/:evse_uid` as const;
const CONNECTOR = `${EVSE}/:connector_id` as const;

/** Locations (LOC): we are SENDER, our peers RECEIVER. */
export const locations = {
  sender: {
    list: locationSender('list', 'GET', '', {
      response: locationSchema,
      paginated: true,
      objects: { response: 'Location' },
    }),
    object: locationSender('object', 'GET', '/:location_id', {
      response: locationSchema,
      objects: { response: 'Location' },
    }),
    evse: locationSender('evse', 'GET', '/:location_id/:evse_uid', {
      response: evseSchema,
      objects: { response: 'EVSE' },
    }),
    connector: locationSender('connector', 'GET', '/:location_id/:evse_uid/:connector_id', {
      response: connectorSchema,
      objects: { response: 'Connector' },
    }),
  },
  receiver: {
    get: locationReceiver('get', 'GET', LOCATION, { response: locationSchema, objects: { response: 'Location' } }),
    put: locationReceiver('put', 'PUT', LOCATION, { request: locationSchema, objects: { request: 'Location' } }),
    patch: locationReceiver('patch', 'PATCH', LOCATION, {
      request: locationPatchSchema,
      objects: { request: 'Location' },
    }),
    getEvse: locationReceiver('getEvse', 'GET', EVSE, { response: evseSchema, objects: { response: 'EVSE' } }),
    putEvse: locationReceiver('putEvse', 'PUT', EVSE, { request: evseSchema, objects: { request: 'EVSE' } }),
    patchEvse: locationReceiver('patchEvse', 'PATCH', EVSE, {
      request: evsePatchSchema,
      objects: { request: 'EVSE' },
    }),
    getConnector: locationReceiver('getConnector', 'GET', CONNECTOR, {
      response: connectorSchema,
      objects: { response: 'Connector' },
    }),
    putConnector: locationReceiver('putConnector', 'PUT', CONNECTOR, {
      request: connectorSchema,
      objects: { request: 'Connector' },
    }),
    patchConnector: locationReceiver('patchConnector', 'PATCH', CONNECTOR, {
      request: connectorPatchSchema,
      objects: { request: 'Connector' },
    }),
  },
};

const tariffSender = interfaceOf('tariffs', 'SENDER');
const tariffReceiver = interfaceOf('tariffs', 'RECEIVER');
const TARIFF = '/:country_code/:party_id/:tariff_id';

/** Tariffs (TAR). */
export const tariffs = {
  sender: {
    list: tariffSender('list', 'GET', '', { response: tariffSchema, paginated: true, objects: { response: 'Tariff' } }),
    /** Not in the chapter, but the payments flow needs it (TAR-23, E-21). */
    object: tariffSender('object', 'GET', '/:tariff_id', { response: tariffSchema, objects: { response: 'Tariff' } }),
  },
  receiver: {
    get: tariffReceiver('get', 'GET', TARIFF, { response: tariffSchema, objects: { response: 'Tariff' } }),
    put: tariffReceiver('put', 'PUT', TARIFF, { request: tariffSchema, objects: { request: 'Tariff' } }),
    delete: tariffReceiver('delete', 'DELETE', TARIFF),
  },
};

const sessionSender = interfaceOf('sessions', 'SENDER');
const sessionReceiver = interfaceOf('sessions', 'RECEIVER');
const SESSION = '/:country_code/:party_id/:session_id';

/** Sessions (SES). */
export const sessions = {
  sender: {
    list: sessionSender('list', 'GET', '', {
      response: sessionSchema,
      paginated: true,
      objects: { response: 'Session' },
    }),
    chargingPreferences: sessionSender('chargingPreferences', 'PUT', '/:session_id/charging_preferences', {
      request: chargingPreferencesSchema,
      response: chargingPreferencesResponseSchema,
    }),
  },
  receiver: {
    get: sessionReceiver('get', 'GET', SESSION, { response: sessionSchema, objects: { response: 'Session' } }),
    put: sessionReceiver('put', 'PUT', SESSION, { request: sessionSchema, objects: { request: 'Session' } }),
    patch: sessionReceiver('patch', 'PATCH', SESSION, {
      request: sessionPatchSchema,
      objects: { request: 'Session' },
    }),
  },
};

const cdrSender = interfaceOf('cdrs', 'SENDER');
const cdrReceiver = interfaceOf('cdrs', 'RECEIVER');

/** Charge detail records (CDR). */
export const cdrs = {
  sender: {
    list: cdrSender('list', 'GET', '', { response: cdrSchema, paginated: true, objects: { response: 'CDR' } }),
  },
  receiver: {
    /** The answer's `Location` header is the URL of the stored CDR (CDR-03). */
    post: cdrReceiver('post', 'POST', '', { request: cdrSchema, objects: { request: 'CDR' } }),
    /** Called at the URL of that header. */
    get: cdrReceiver('get', 'GET', '', { response: cdrSchema, objects: { response: 'CDR' } }),
  },
};
