import { describe, expect, it } from '@jest/globals';
import { aConnector, aLocation, anEvse } from '@voltap/ocpi/testkit';
import { assignTariff, changeStatus, mergeLocation, STAMP, stampLocation } from '../src/domain/merge-location.js';

describe('a location that is put over the one that is stored', () => {
  it('is unchanged when it says the same, with other times, another order of fields, and absent for undefined', () => {
    const stored = aLocation();
    const again = Object.fromEntries(Object.entries(aLocation({ last_updated: '2030-01-01T00:00:00Z' })).toReversed());
    const merged = mergeLocation(stored, { ...(again as typeof stored), suboperator: undefined });
    expect(merged).toMatchObject({ changed: false, structural: false, statusChanges: [] });
    expect(stampLocation(merged.location, new Date()).last_updated).toBe(stored.last_updated);
  });

  it('names an EVSE by its uid in any case, and takes a connector that is gone out of it', () => {
    const stored = aLocation({ evses: [anEvse({ connectors: [aConnector(), aConnector({ id: '2' })] })] });
    const merged = mergeLocation(stored, aLocation({ evses: [anEvse({ uid: 'e1', status: 'CHARGING' })] }));
    expect(merged.location.evses).toHaveLength(1);
    expect(merged.location.evses?.[0]?.connectors.map(({ id, last_updated }) => [id, last_updated])).toEqual([
      ['1', aConnector().last_updated],
    ]);
    expect(merged.location.evses?.[0]?.last_updated).toBe(STAMP);
    expect(merged).toMatchObject({
      structural: true,
      statusChanges: [{ status: 'CHARGING', previousStatus: 'AVAILABLE' }],
    });
  });

  it('stays REMOVED once, not again at each put without the EVSE', () => {
    const first = mergeLocation(aLocation(), aLocation({ evses: [] }));
    expect(first.statusChanges).toHaveLength(1);
    const stored = stampLocation(first.location, new Date());
    expect(mergeLocation(stored, aLocation({ evses: [] }))).toMatchObject({ changed: false, statusChanges: [] });
  });

  it('has no status, tariff or connector to change where there is no such EVSE', () => {
    expect(changeStatus(aLocation(), 'E9', 'CHARGING')).toBeNull();
    expect(changeStatus(aLocation({ evses: undefined }), 'E1', 'CHARGING')).toBeNull();
    expect(assignTariff(aLocation(), 'T9', { evse_uid: 'E9' })).toBeNull();
    expect(assignTariff(aLocation(), 'T9', { connector_id: '9' })).toBeNull();
    expect(assignTariff(aLocation(), 'T9', { connector_id: '1' })).toMatchObject({ changed: true, structural: true });
  });
});
