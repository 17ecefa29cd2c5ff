import { describe, expect, it } from '@jest/globals';
import { aConnector, aLocation, anEvse, aTariff } from '@voltap/ocpi/testkit';
import { idTagOf } from '../src/application/id-tag.js';
import { startSubject } from '../src/domain/command.js';
import { adHocTariff, chooseTarget } from '../src/domain/target.js';

describe('the target of a start', () => {
  it('needs no EVSE where there is only one that is in service', () => {
    const location = aLocation({ evses: [anEvse(), anEvse({ uid: 'OLD', status: 'REMOVED' })] });
    expect(chooseTarget(location, {})).toMatchObject({ found: true, evse: { uid: 'E1' }, connector: { id: '1' } });
  });

  it('leaves the connector open where an EVSE has several', () => {
    const location = aLocation({ evses: [anEvse({ connectors: [aConnector(), aConnector({ id: '2' })] })] });
    expect(chooseTarget(location, { evse_uid: 'e1' })).toMatchObject({ found: true, connector: null });
    expect(chooseTarget(location, { evse_uid: 'E1', connector_id: '2' })).toMatchObject({ connector: { id: '2' } });
  });

  it('is the same for ids that differ in case only, and another for another reference or place', () => {
    const target = { location_id: 'L1', evse_uid: 'E1' };
    expect(startSubject('ref', target)).toBe(startSubject('REF', { location_id: 'l1', evse_uid: 'e1' }));
    expect(startSubject('ref', target)).not.toBe(startSubject('ref2', target));
    expect(startSubject('ref', target)).not.toBe(startSubject('ref', { location_id: 'L1' }));
  });
});

describe('the tariff of a start', () => {
  it('is the one for payment at a terminal, else the one for all, never that of a contract (PRC-32)', () => {
    const now = new Date();
    const entry = (id: string, type?: 'AD_HOC_PAYMENT' | 'REGULAR') => ({ tariff: aTariff({ id, type }) });
    expect(adHocTariff([entry('all'), entry('card', 'AD_HOC_PAYMENT')], now)?.tariff.id).toBe('card');
    expect(adHocTariff([entry('contract', 'REGULAR'), entry('all')], now)?.tariff.id).toBe('all');
    expect(adHocTariff([entry('contract', 'REGULAR')], now)).toBeNull();
  });

  it('is the one that is valid at the tap (TAR-16, TAR-17)', () => {
    const midnight = '2026-04-01T00:00:00Z';
    const old = { revision: 1, tariff: aTariff({ id: 'old', end_date_time: midnight }) };
    const next = { revision: 7, tariff: aTariff({ id: 'next', start_date_time: midnight }) };
    expect(adHocTariff([old, next], new Date('2026-03-31T23:59:59.999Z'))).toBe(old);
    expect(adHocTariff([old, next], new Date(midnight))).toBe(next);
    expect(adHocTariff([old], new Date(midnight))).toBeNull();
  });
});

describe('the id tag of a charge', () => {
  it('has 20 characters, is the same at each look, and differs from command to command', () => {
    const tags = Array.from({ length: 1000 }, (_, index) => idTagOf(`command-${index}`));
    expect(new Set(tags).size).toBe(1000);
    expect(tags.every((tag) => /^[0-9A-Z]{20}$/.test(tag))).toBe(true);
    expect(idTagOf('command-1')).toBe(tags[1]);
  });
});
