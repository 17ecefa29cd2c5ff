import { describe, expect, it } from '@jest/globals';
import { type Location, locationFaults, type Tariff, tariffFaults } from '@voltap/ocpi/model';
import { aConnector, aLocation, anEvse, aTariff } from '@voltap/ocpi/testkit';

const inLocation = (changes: Partial<Location>): string[] =>
  locationFaults(aLocation(changes)).map(({ pointer }) => pointer);
const inTariff = (changes: Partial<Tariff>): string[] => tariffFaults(aTariff(changes)).map(({ pointer }) => pointer);

describe('a location of ours', () => {
  it('is right as the samples are', () => {
    expect(inLocation({})).toEqual([]);
    const hours = [{ weekday: 1, period_begin: '08:00', period_end: '24:00' }];
    expect(inLocation({ opening_times: { twentyfourseven: false, regular_hours: hours }, evses: [] })).toEqual([]);
    expect(inLocation({ opening_times: { twentyfourseven: true }, time_zone: 'UTC' })).toEqual([]);
  });

  it('has no two EVSEs, nor connectors of one, nor parking places, of the same id, in any case (LOC-08, LOC-17)', () => {
    const twins = anEvse({ uid: 'e1', connectors: [aConnector(), aConnector({ id: '2' }), aConnector()] });
    const place = { id: 'P1', vehicle_types: ['VAN'], restricted_to_type: false, reservation_required: false };
    expect(
      inLocation({ evses: [anEvse(), anEvse({ uid: 'E2' }), twins], parking_places: [place, { ...place, id: 'p1' }] }),
    ).toEqual(['/evses/2/uid', '/evses/2/connectors/2/id', '/parking_places/1/id']);
  });

  it('names parking places that it has (LOC-17)', () => {
    const place = { id: 'P1', vehicle_types: ['VAN'], restricted_to_type: false, reservation_required: false };
    const evse = anEvse({ parking: [{ parking_id: 'p1' }, { parking_id: 'P2' }] });
    expect(inLocation({ evses: [evse], parking_places: [place] })).toEqual(['/evses/0/parking/1/parking_id']);
  });

  it('is published to somebody in particular only when it is not published to all, by what identifies them (LOC-12, LOC-13)', () => {
    const group = [{ group_id: 'G1' }];
    expect(inLocation({ publish: false, publish_allowed_to: group })).toEqual([]);
    expect(inLocation({ publish: true, publish_allowed_to: group })).toEqual(['/publish_allowed_to']);
    const vague = [{ issuer: 'Provider' }, { uid: 'U1' }, { visual_number: 'V1' }, { uid: 'U1', type: 'RFID' }];
    expect(inLocation({ publish: false, publish_allowed_to: vague })).toEqual([
      '/publish_allowed_to/0',
      '/publish_allowed_to/1/type',
      '/publish_allowed_to/2/issuer',
    ]);
  });

  it('is open around the clock or by the hours that it gives, which end after they begin (LOC-14, LOC-15)', () => {
    const hours = [{ weekday: 1, period_begin: '08:00', period_end: '07:00' }];
    expect(inLocation({ opening_times: { twentyfourseven: false, regular_hours: [] } })).toEqual([
      '/opening_times/regular_hours',
    ]);
    expect(inLocation({ opening_times: { twentyfourseven: true, regular_hours: hours } })).toEqual([
      '/opening_times/regular_hours',
      '/opening_times/regular_hours/0/period_end',
    ]);
  });

  it('lies in a time zone that there is (LOC-16)', () => {
    for (const time_zone of ['Mars/Olympus', '+02:00', '']) expect(inLocation({ time_zone })).toEqual(['/time_zone']);
  });
});

describe('a tariff of ours', () => {
  it('prices a reservation once or by time, counts no blocks backwards, and ends after it begins (TAR-14, TAR-16, TAR-20)', () => {
    expect(inTariff({})).toEqual([]);
    const price_components = [
      { type: 'TIME' as const, price: 1, step_size: 60 },
      { type: 'ENERGY' as const, price: 1, step_size: -1 },
    ];
    const times = { start_date_time: '2026-02-01T00:00:00Z', end_date_time: '2026-01-01T00:00:00Z' };
    expect(
      inTariff({ elements: [{ price_components, restrictions: { reservation: 'RESERVATION' } }], ...times }),
    ).toEqual(['/elements/0/price_components/1/type', '/elements/0/price_components/1/step_size', '/end_date_time']);
  });
});
