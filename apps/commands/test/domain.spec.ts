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
    const entry = (id: string, type?: 'AD_HOC_PAYMENT' | 'REGULAR') => ({ tariff: aTariff({ id, type }) });
    expect(adHocTariff([entry('all'), entry('card', 'AD_HOC_PAYMENT')])?.tariff.id).toBe('card');
    expect(adHocTariff([entry('contract', 'REGULAR'), entry('all')])?.tariff.id).toBe('all');
    expect(adHocTariff([entry('contract', 'REGULAR')])).toBeNull();
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
