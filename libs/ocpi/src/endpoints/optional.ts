import {
  activeChargingProfileResultSchema,
  activeChargingProfileSchema,
  chargingProfileResponseSchema,
  chargingProfileResultSchema,
  clearProfileResultSchema,
  clientInfoSchema,
  invoiceReconciliationRecordSchema,
  setChargingProfileSchema,
} from '../model/index.js';
import { interfaceOf } from './row.js';

/** Modules that a CPO with payment terminals does without; here for whoever builds another system on this library. */

const profileReceiver = interfaceOf('chargingprofiles', 'RECEIVER');
const profileSender = interfaceOf('chargingprofiles', 'SENDER');
const PROFILE = '/:session_id';
const responseUrl = { name: 'response_url', required: true, description: 'Where the outcome is sent' } as const;
const duration = { name: 'duration', required: true, description: 'Seconds of the profile asked for' } as const;
const promised = { response: chargingProfileResponseSchema, objects: { response: 'ChargingProfileResponse' } } as const;

/** Charging profiles (CHP): the CPO is RECEIVER; outcomes go to the `response_url` of each request. */
export const chargingProfiles = {
  receiver: {
    get: profileReceiver('get', 'GET', PROFILE, { ...promised, query: [duration, responseUrl] }),
    put: profileReceiver('put', 'PUT', PROFILE, {
      request: setChargingProfileSchema,
      response: chargingProfileResponseSchema,
      objects: { request: 'SetChargingProfile', response: 'ChargingProfileResponse' },
    }),
    delete: profileReceiver('delete', 'DELETE', PROFILE, { ...promised, query: [responseUrl] }),
  },
  sender: {
    putActive: profileSender('putActive', 'PUT', PROFILE, {
      request: activeChargingProfileSchema,
      objects: { request: 'ActiveChargingProfile' },
    }),
    /** The three results are called at the `response_url`, exactly as given. */
    activeResult: profileSender('activeResult', 'POST', '', {
      request: activeChargingProfileResultSchema,
      objects: { request: 'ActiveChargingProfileResult' },
    }),
    setResult: profileSender('setResult', 'POST', '', {
      request: chargingProfileResultSchema,
      objects: { request: 'ChargingProfileResult' },
    }),
    clearResult: profileSender('clearResult', 'POST', '', {
      request: clearProfileResultSchema,
      objects: { request: 'ClearProfileResult' },
    }),
  },
};

const clientReceiver = interfaceOf('hubclientinfo', 'RECEIVER');
const clientSender = interfaceOf('hubclientinfo', 'SENDER');
const CLIENT = '/:country_code/:party_id';

/** Who is connected to a hub (HUB): the hub is SENDER. */
export const hubClientInfo = {
  receiver: {
    get: clientReceiver('get', 'GET', CLIENT, { response: clientInfoSchema, objects: { response: 'ClientInfo' } }),
    put: clientReceiver('put', 'PUT', CLIENT, { request: clientInfoSchema, objects: { request: 'ClientInfo' } }),
  },
  sender: {
    list: clientSender('list', 'GET', '', {
      response: clientInfoSchema,
      paginated: true,
      objects: { response: 'ClientInfo' },
    }),
  },
};

const invoiceReceiver = interfaceOf('invoicereconciliation', 'RECEIVER');
const invoiceSender = interfaceOf('invoicereconciliation', 'SENDER');
const RECORD = '/:country_code/:party_id/:id';
const since = '2.3.0';
const record = {
  request: invoiceReconciliationRecordSchema,
  objects: { request: 'InvoiceReconciliationRecord' },
  since,
} as const;
const storedRecord = {
  response: invoiceReconciliationRecordSchema,
  objects: { response: 'InvoiceReconciliationRecord' },
  since,
} as const;

/** Invoice reconciliation (INV), of 2.3.0 edition 2: POST at the bare endpoint, the rest at the record (INV-02). */
export const invoiceReconciliation = {
  receiver: {
    post: invoiceReceiver('post', 'POST', '', record),
    get: invoiceReceiver('get', 'GET', RECORD, storedRecord),
    put: invoiceReceiver('put', 'PUT', RECORD, record),
    delete: invoiceReceiver('delete', 'DELETE', RECORD, { since }),
  },
  sender: {
    list: invoiceSender('list', 'GET', '', { ...storedRecord, paginated: true }),
  },
};
