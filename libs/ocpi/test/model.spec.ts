import { describe, expect, it } from '@jest/globals';
import {
  credentialsSchema,
  dateTimeSchema,
  financialAdviceConfirmationSchema,
  locationPatchSchema,
  locationSchema,
  normaliseDateTime,
  startSessionSchema,
  tariffSchema,
  terminalAnnouncementSchema,
  terminalSchema,
} from '@voltap/ocpi/model';
import { aConfirmation, aLocation, anEvse, aStartSession, aTariff, aTerminal } from '@voltap/ocpi/testkit';

function pointers(result: { success: boolean; error?: { issues: readonly { path: readonly PropertyKey[] }[] } }) {
  return (result.error?.issues ?? []).map((issue) => issue.path.join('/'));
}

describe('the model of OCPI 2.3.0', () => {
  it('keeps fields that it does not know, at every depth', () => {
    const location = { ...aLocation(), heliport: { pads: 2 } };
    const [evse] = location.evses ?? [];
    const read = locationSchema.parse({ ...location, evses: [{ ...evse, roof: 'glass' }] });
    expect(read).toMatchObject({ heliport: { pads: 2 }, evses: [{ roof: 'glass' }] });
  });

  it('reads null as absent in optional fields and lists, and refuses it in required ones', () => {
    const read = locationSchema.parse({ ...aLocation(), name: null, images: null });
    expect('name' in read).toBe(false);
    expect('images' in read).toBe(false);
    expect(pointers(locationSchema.safeParse({ ...aLocation(), city: null, evses: [null] }))).toEqual([
      'city',
      'evses/0',
    ]);
  });

  it('accepts unknown values of open enums and refuses those of closed ones (FMT-18)', () => {
    const location = aLocation();
    const evse = { ...location.evses?.[0], capabilities: ['LEVITATES'] };
    expect(locationSchema.safeParse({ ...location, evses: [evse] }).success).toBe(true);
    expect(pointers(locationSchema.safeParse({ ...location, evses: [{ ...evse, status: 'ASLEEP' }] }))).toEqual([
      'evses/0/status',
    ]);
  });

  it('counts characters, not UTF-16 units (FMT-06)', () => {
    expect(locationSchema.safeParse({ ...aLocation(), city: '🔌'.repeat(45) }).success).toBe(true);
    expect(locationSchema.safeParse({ ...aLocation(), city: '🔌'.repeat(46) }).success).toBe(false);
  });

  it('normalises DateTimes to UTC with Z and refuses offsets and days that do not exist (FMT-07, FMT-08, FMT-09)', () => {
    expect(dateTimeSchema.parse('2026-02-28T23:59:59')).toBe('2026-02-28T23:59:59Z');
    expect(dateTimeSchema.parse('2026-02-28T23:59:59.1234567')).toBe('2026-02-28T23:59:59.123Z');
    expect(normaliseDateTime('2028-02-29T00:00:00Z')).toBe('2028-02-29T00:00:00Z');
    for (const wrong of ['2026-02-29T00:00:00Z', '2026-01-01T00:00:00+02:00', '2026-01-01', '1970-1-1T00:00:00Z']) {
      expect(dateTimeSchema.safeParse(wrong).success).toBe(false);
    }
  });

  it('reads a list that is missing, null or empty alike (FMT-14)', () => {
    const { location_ids: _, ...terminal } = aTerminal();
    for (const location_ids of [undefined, null, []]) {
      expect(terminalSchema.parse({ ...terminal, location_ids }).location_ids ?? []).toEqual([]);
    }
  });

  it('takes ids of printable ASCII only, and texts in any script (FMT-03, FMT-04)', () => {
    const name = 'Malmö Überstraße 充電 🔌';
    expect(locationSchema.parse({ ...aLocation(), name }).name).toBe(name);
    for (const id of ['Malmö', 'a\tb', 'a\nb', ''])
      expect(locationSchema.safeParse({ ...aLocation(), id }).success).toBe(false);
  });

  it('knows the form of codes and coordinates (FMT-22, FMT-23)', () => {
    const wrong = {
      country_code: 'DEU',
      party_id: 'VLTX',
      country: 'DE',
      coordinates: { latitude: 53.54623, longitude: '9.96' },
    };
    expect(pointers(locationSchema.safeParse({ ...aLocation(), ...wrong })).sort()).toEqual([
      'coordinates/latitude',
      'coordinates/longitude',
      'country',
      'country_code',
      'party_id',
    ]);
    expect(pointers(tariffSchema.safeParse({ ...aTariff(), currency: 'Euro' }))).toEqual(['currency']);
  });

  it('wants of a tariff its taxes, elements with components, limits and local times in their form (TAR-02, TAR-03, TAR-10, TAR-13)', () => {
    const { tax_included: _, ...tariff } = aTariff();
    const wrong = {
      ...tariff,
      max_price: { excl_vat: 5 },
      elements: [{ price_components: [], restrictions: { start_time: '7:00', end_date: '1.1.2026' } }],
    };
    expect(pointers(tariffSchema.safeParse(wrong)).sort()).toEqual([
      'elements/0/price_components',
      'elements/0/restrictions/end_date',
      'elements/0/restrictions/start_time',
      'max_price/before_taxes',
      'tax_included',
    ]);
    expect(pointers(tariffSchema.safeParse(aTariff({ elements: [] })))).toEqual(['elements']);
  });

  it('wants a connector in every EVSE, whole weekdays, and times of 24 hours (LOC-08, LOC-15)', () => {
    const regular_hours = [{ weekday: 8, period_begin: '8:00', period_end: '25:00' }];
    const wrong = aLocation({
      evses: [anEvse({ connectors: [] })],
      opening_times: { twentyfourseven: false, regular_hours },
    });
    expect(pointers(locationSchema.safeParse(wrong))).toEqual([
      'evses/0/connectors',
      'opening_times/regular_hours/0/weekday',
      'opening_times/regular_hours/0/period_begin',
      'opening_times/regular_hours/0/period_end',
    ]);
  });

  it('refuses capture states that no table has (PAY-27)', () => {
    const wrong = { ...aConfirmation(), capture_status_code: 'REFUNDED' };
    expect(pointers(financialAdviceConfirmationSchema.safeParse(wrong))).toEqual(['capture_status_code']);
  });

  it('wants roles with a name, and tokens of up to 64 characters, of credentials (CRED-27, CRED-28)', () => {
    const role = { role: 'PTP', country_code: 'NL', party_id: 'PTP', business_details: { name: 'Provider' } };
    const credentials = { token: 't'.repeat(64), url: 'https://ptp.example/versions', roles: [role] };
    expect(credentialsSchema.safeParse(credentials).success).toBe(true);
    expect(pointers(credentialsSchema.safeParse({ ...credentials, token: 't'.repeat(65), roles: [] }))).toEqual([
      'token',
      'roles',
    ]);
    const unnamed = { ...credentials, roles: [{ ...role, business_details: {} }] };
    expect(pointers(credentialsSchema.safeParse(unnamed))).toEqual(['roles/0/business_details/name']);
  });

  it('wants last_updated in a PATCH, and lets null clear an optional field only', () => {
    const last_updated = '2026-01-01T00:00:00Z';
    expect(locationPatchSchema.parse({ last_updated, name: null })).toEqual({ last_updated, name: null });
    expect(pointers(locationPatchSchema.safeParse({ last_updated, city: null }))).toEqual(['city']);
    expect(pointers(locationPatchSchema.safeParse({ name: 'Depot' }))).toEqual(['last_updated']);
  });

  it('wants the EVSE when a command names a connector (CMD-10)', () => {
    const { evse_uid: _, ...command } = aStartSession({ connector_id: '1' });
    expect(pointers(startSessionSchema.safeParse(command))).toEqual(['evse_uid']);
  });

  it('takes a terminal that is announced by its id alone (PAY-02)', () => {
    expect(terminalAnnouncementSchema.parse({ terminal_id: 'T1' })).toEqual({ terminal_id: 'T1' });
    expect(pointers(terminalSchema.safeParse({ terminal_id: 'T1' }))).toEqual(['last_updated']);
  });

  it('takes a failed capture without card lines, but no successful one (PAY-25, PAY-26)', () => {
    const { eft_data: _, ...confirmation } = aConfirmation();
    expect(
      financialAdviceConfirmationSchema.safeParse({ ...confirmation, capture_status_code: 'FAILED' }).success,
    ).toBe(true);
    expect(pointers(financialAdviceConfirmationSchema.safeParse(confirmation))).toEqual(['eft_data']);
  });
});
