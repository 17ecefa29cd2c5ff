import type {
  Cdr,
  Connector,
  Evse,
  FinancialAdviceConfirmation,
  Location,
  Session,
  StartSession,
  Tariff,
  Terminal,
  Token,
} from '../model/index.js';

/**
 * Valid canonical objects of one invented charge: a card tap at terminal PT-1 starts a session at EVSE E1 of location
 * L1 under tariff T1. Every builder takes the fields to change.
 */
const CPO = { country_code: 'DE', party_id: 'VLT' } as const;
const PTP = { country_code: 'NL', party_id: 'PTP' } as const;
const EARLIER = '2026-03-01T08:00:00Z';
const START = '2026-03-02T10:00:00Z';
const END = '2026-03-02T11:00:00Z';
const REFERENCE = 'AUTH-0001';

export function aConnector(changes: Partial<Connector> = {}): Connector {
  return {
    id: '1',
    standard: 'IEC_62196_T2_COMBO',
    format: 'CABLE',
    power_type: 'DC',
    max_voltage: 920,
    max_amperage: 200,
    max_electric_power: 150_000,
    tariff_ids: ['T1'],
    last_updated: EARLIER,
    ...changes,
  };
}

export function anEvse(changes: Partial<Evse> = {}): Evse {
  return {
    uid: 'E1',
    evse_id: 'DE*VLT*E0001',
    status: 'AVAILABLE',
    capabilities: ['REMOTE_START_STOP_CAPABLE', 'PED_TERMINAL'],
    connectors: [aConnector()],
    physical_reference: '1',
    last_updated: EARLIER,
    ...changes,
  };
}

export function aLocation(changes: Partial<Location> = {}): Location {
  return {
    ...CPO,
    id: 'L1',
    publish: true,
    name: 'Depot North',
    address: 'Hafenstraße 1',
    city: 'Hamburg',
    postal_code: '20359',
    country: 'DEU',
    coordinates: { latitude: '53.546230', longitude: '9.966540' },
    evses: [anEvse()],
    time_zone: 'Europe/Berlin',
    last_updated: EARLIER,
    ...changes,
  };
}

/** 0.50 per kWh before 19 % VAT; 50 to be reserved on the card. */
export function aTariff(changes: Partial<Tariff> = {}): Tariff {
  return {
    ...CPO,
    id: 'T1',
    currency: 'EUR',
    type: 'AD_HOC_PAYMENT',
    tariff_alt_text: [{ language: 'en', text: 'Pay by card' }],
    preauthorize_amount: 50,
    elements: [{ price_components: [{ type: 'ENERGY', price: 0.5, vat: 19, step_size: 1 }] }],
    tax_included: 'NO',
    last_updated: EARLIER,
    ...changes,
  };
}

export function aToken(changes: Partial<Token> = {}): Token {
  return {
    ...PTP,
    uid: REFERENCE,
    type: 'AD_HOC_USER',
    contract_id: REFERENCE,
    issuer: 'Terminal provider',
    valid: true,
    whitelist: 'NEVER',
    last_updated: START,
    ...changes,
  };
}

export function aStartSession(changes: Partial<StartSession> = {}): StartSession {
  return {
    response_url: 'https://ptp.example/ocpi/commands/START_SESSION/1',
    token: aToken(),
    location_id: 'L1',
    evse_uid: 'E1',
    connector_id: '1',
    authorization_reference: REFERENCE,
    ...changes,
  };
}

export function aSession(changes: Partial<Session> = {}): Session {
  const { country_code, party_id, uid, type, contract_id } = aToken();
  return {
    ...CPO,
    id: 'S1',
    start_date_time: START,
    kwh: 12.5,
    cdr_token: { country_code, party_id, uid, type, contract_id },
    auth_method: 'COMMAND',
    authorization_reference: REFERENCE,
    location_id: 'L1',
    evse_uid: 'E1',
    connector_id: '1',
    currency: 'EUR',
    charging_periods: [{ start_date_time: START, dimensions: [{ type: 'ENERGY', volume: 12.5 }], tariff_id: 'T1' }],
    total_cost: { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] },
    status: 'ACTIVE',
    last_updated: START,
    ...changes,
  };
}

/** The CDR of `aSession`: 12.5 kWh in one hour, 6.25 + 1.19 = 7.44 EUR. */
export function aCdr(changes: Partial<Cdr> = {}): Cdr {
  const cost = { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] };
  return {
    ...CPO,
    id: 'C1',
    start_date_time: START,
    end_date_time: END,
    session_id: 'S1',
    cdr_token: aSession().cdr_token,
    auth_method: 'COMMAND',
    authorization_reference: REFERENCE,
    cdr_location: {
      id: 'L1',
      name: 'Depot North',
      address: 'Hafenstraße 1',
      city: 'Hamburg',
      postal_code: '20359',
      country: 'DEU',
      coordinates: { latitude: '53.546230', longitude: '9.966540' },
      evse_uid: 'E1',
      evse_id: 'DE*VLT*E0001',
      connector_id: '1',
      connector_standard: 'IEC_62196_T2_COMBO',
      connector_format: 'CABLE',
      connector_power_type: 'DC',
    },
    currency: 'EUR',
    tariffs: [aTariff()],
    charging_periods: [{ start_date_time: START, dimensions: [{ type: 'ENERGY', volume: 12.5 }], tariff_id: 'T1' }],
    total_cost: cost,
    total_energy: 12.5,
    total_energy_cost: cost,
    total_time: 1,
    last_updated: END,
    ...changes,
  };
}

export function aTerminal(changes: Partial<Terminal> = {}): Terminal {
  return {
    terminal_id: 'PT-1',
    customer_reference: 'CUSTOMER-1',
    address: 'Hafenstraße 1',
    city: 'Hamburg',
    country: 'DEU',
    invoice_creator: 'CPO',
    invoice_base_url: 'https://cpo.example/receipts/abc',
    location_ids: ['L1'],
    evse_uids: ['E1'],
    last_updated: EARLIER,
    ...changes,
  };
}

/** The money of `aCdr`, captured in full. */
export function aConfirmation(changes: Partial<FinancialAdviceConfirmation> = {}): FinancialAdviceConfirmation {
  return {
    id: 'F1',
    authorization_reference: REFERENCE,
    total_costs: { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] },
    currency: 'EUR',
    eft_data: ['CARD ************1234', 'AUTH 123456'],
    capture_status_code: 'SUCCESS',
    last_updated: END,
    ...changes,
  };
}
