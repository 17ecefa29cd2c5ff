import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sampleLocations, sampleTariffs } from '../src/sample/sample-network.js';
import { objectsOf, textOf, textsOf } from '../src/wire/json.js';
import { checkShape, missingFields } from '../src/wire/shape-checks.js';

const shipped = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../sample', name), 'utf8'));

describe('the sample network', () => {
  it('is shipped exactly as it is generated', () => {
    expect(shipped('locations.json')).toEqual(sampleLocations());
    expect(shipped('tariffs.json')).toEqual(sampleTariffs());
  });

  it('has 40 complete locations with 100 EVSEs of unique ids, in mixed states, each with one known tariff', () => {
    const locations = sampleLocations();
    const evses = locations.flatMap((location) => objectsOf(location, 'evses'));
    expect(locations).toHaveLength(40);
    expect(evses).toHaveLength(100);
    expect(new Set(evses.map((evse) => textOf(evse, 'uid'))).size).toBe(100);
    expect(new Set(locations.map((location) => textOf(location, 'address'))).size).toBe(40);
    expect(new Set(evses.map((evse) => textOf(evse, 'status')))).toContain('OUTOFORDER');
    const known = sampleTariffs().map((tariff) => textOf(tariff, 'id'));
    for (const connector of evses.flatMap((evse) => objectsOf(evse, 'connectors'))) {
      expect(textsOf(connector, 'tariff_ids')).toHaveLength(1);
      expect(known).toContain(textsOf(connector, 'tariff_ids')[0]);
      expect(missingFields('connector', connector)).toEqual([]);
    }
    for (const location of locations) {
      expect(missingFields('location', location)).toEqual([]);
      expect(checkShape('location', location, '2.3.0')).toEqual([]);
    }
  });
});
