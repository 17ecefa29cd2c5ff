import { describe, expect, it } from '@jest/globals';
import { decimal, FixedClock, ZERO } from '@voltap/kernel';
import { objectOf, objectsOf } from '../wire/json.js';
import { chargingPower, deliver, type Vehicle } from './charging-curve.js';
import { type ChargeState, MeteredCharge } from './metered-charge.js';

const AC: Vehicle = { batteryKwh: '40', startLevel: '0.5', maxPowerKw: '11', current: 'AC' };
const DC: Vehicle = { batteryKwh: '64', startLevel: '0.22', maxPowerKw: '130', current: 'DC' };

describe('charging curve', () => {
  it('is flat for AC until the battery is full', () => {
    expect(chargingPower(AC, decimal('0.1')).toString()).toBe('11');
    expect(chargingPower(AC, decimal('0.99')).toString()).toBe('11');
    expect(chargingPower(AC, decimal(1)).toString()).toBe('0');
  });

  it('is flat for DC up to half, then falls to a tenth at full', () => {
    expect(chargingPower(DC, decimal('0.5')).toString()).toBe('130');
    expect(chargingPower(DC, decimal('0.75')).toString()).toBe('71.5');
    expect(chargingPower(DC, decimal('0.999999')).toDecimalPlaces(1).toString()).toBe('13');
  });

  it('delivers exactly what a flat power gives in an hour', () => {
    expect(deliver(AC, ZERO, 3_600)).toEqual({ energy: decimal(11), chargingSeconds: 3_600 });
  });

  it('never delivers more than the battery has room for, and says when it was full', () => {
    const { energy, chargingSeconds } = deliver(AC, ZERO, 3 * 3_600);
    expect(energy.toString()).toBe('20');
    expect(chargingSeconds).toBeGreaterThan(6_500);
    expect(chargingSeconds).toBeLessThan(6_600);
    expect(deliver(AC, decimal(20), 600)).toEqual({ energy: ZERO, chargingSeconds: 0 });
  });
});

function chargeState(change: Partial<ChargeState> = {}): ChargeState {
  return {
    sessionId: 's',
    party: { country_code: 'DE', party_id: 'VLT' },
    locationId: 'L',
    evseUid: 'E',
    connectorId: '1',
    vehicle: AC,
    clock: { realStart: 0, virtualStart: -10_800_000, speed: 100 },
    commandId: 'c',
    idTag: 't',
    cdrToken: null,
    reference: 'r',
    plugInSeconds: 60,
    unplugSeconds: null,
    created: '1969-12-31T21:00:00Z',
    status: 'PENDING',
    started: null,
    meteredUntil: null,
    ended: null,
    periods: [],
    reported: false,
    ...change,
  };
}

describe('metered charge', () => {
  it('becomes ACTIVE when plugged in, meters by its fast clock, then parks, and its periods add up to its energy', () => {
    const clock = new FixedClock(new Date(0));
    const charge = new MeteredCharge(chargeState(), clock);
    expect(charge.advance()).toBe(false);
    clock.advance(600);
    expect(charge.advance()).toBe(true);
    expect(charge.state).toMatchObject({ status: 'ACTIVE', started: '1969-12-31T21:01:00Z' });
    for (let round = 0; round < 9; round += 1) {
      clock.advance(10_000);
      charge.advance();
    }
    charge.end();
    const session = objectOf(charge.report(), 'session');
    expect(session).toMatchObject({ status: 'COMPLETED', kwh: 20, end_date_time: '1969-12-31T23:31:00Z' });
    const dimensions = objectsOf(session, 'charging_periods').flatMap((period) => objectsOf(period, 'dimensions'));
    const sum = (type: string) =>
      dimensions
        .filter((each) => each.type === type)
        .reduce((total, { volume }) => total.plus(decimal(volume as number)), ZERO);
    expect(sum('ENERGY').toString()).toBe('20');
    expect(sum('TIME').plus(sum('PARKING_TIME')).toDecimalPlaces(4).toString()).toBe('2.5');
    expect(dimensions.filter(({ type }) => type === 'PARKING_TIME')).toHaveLength(1);
  });

  it('is INVALID when it ends before anybody plugged in', () => {
    const charge = new MeteredCharge(chargeState({ plugInSeconds: null }), new FixedClock(new Date(60_000)));
    expect(charge.advance()).toBe(false);
    charge.end();
    expect(charge.state.status).toBe('INVALID');
  });

  it('never reports a time that lies in the future', () => {
    const clock = new FixedClock(new Date(0));
    const charge = new MeteredCharge(chargeState(), clock);
    clock.advance(10_800_000);
    expect(charge.now).toBeLessThanOrEqual(clock.now().getTime());
  });
});
