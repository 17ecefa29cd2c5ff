import { describe, expect, it } from '@jest/globals';
import {
  dateTimeSchema,
  financialAdviceConfirmationSchema,
  locationPatchSchema,
  locationSchema,
  normaliseDateTime,
  startSessionSchema,
  terminalAnnouncementSchema,
  terminalSchema,
} from '@voltap/ocpi/model';
import { aConfirmation, aLocation, aStartSession } from '@voltap/ocpi/testkit';

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
