import { type Clock, decimal, type Party, toJsonNumber } from '@voltap/kernel';
import { AcceleratedClock, type ClockSetting } from '../accelerated-clock.js';
import type { JsonObject } from '../wire/json.js';
import { deliver, type Vehicle } from './charging-curve.js';

export type ChargeStatus = 'PENDING' | 'ACTIVE' | 'COMPLETED' | 'INVALID';

export interface MeteredPeriod {
  readonly start: string;
  /** kWh */
  readonly energy: string;
  readonly chargingSeconds: number;
  readonly parkingSeconds: number;
}

/** Everything of a charge that must outlive the process. */
export interface ChargeState {
  readonly sessionId: string;
  readonly party: Party;
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
  readonly vehicle: Vehicle;
  readonly clock: ClockSetting;
  readonly commandId: string | null;
  readonly idTag: string | null;
  /** For charges not started by a command. */
  readonly cdrToken: JsonObject | null;
  readonly reference: string | null;
  /** Virtual seconds between the start command and the plug; null: nobody comes. */
  readonly plugInSeconds: number | null;
  /** Virtual seconds after which the driver leaves by unplugging; null: until stopped. */
  readonly unplugSeconds: number | null;
  readonly created: string;
  status: ChargeStatus;
  started: string | null;
  meteredUntil: string | null;
  ended: string | null;
  periods: MeteredPeriod[];
  /** Whether the platform has accepted the last state. */
  reported: boolean;
}

const WHOLE_SECOND = 1_000;

function text(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** A charge and its meter. Time is its own accelerated clock, in whole seconds; energy comes in whole Wh. */
export class MeteredCharge {
  private readonly clock: AcceleratedClock;

  constructor(
    readonly state: ChargeState,
    real: Clock,
  ) {
    this.clock = new AcceleratedClock(state.clock, real);
  }

  get running(): boolean {
    return this.state.status === 'PENDING' || this.state.status === 'ACTIVE';
  }

  /** Virtual milliseconds since 1970, whole seconds. */
  get now(): number {
    return Math.floor(this.clock.now().getTime() / WHOLE_SECOND) * WHOLE_SECOND;
  }

  /** Virtual seconds since energy could flow. */
  get activeSeconds(): number {
    return this.state.started === null ? 0 : (this.now - Date.parse(this.state.started)) / WHOLE_SECOND;
  }

  get energy(): string {
    return this.state.periods.reduce((sum, { energy }) => sum.plus(decimal(energy)), decimal(0)).toString();
  }

  get full(): boolean {
    const last = this.state.periods.at(-1);
    return last !== undefined && last.parkingSeconds > 0;
  }

  /** Plugs in when it is time to, meters, ends when the driver leaves. @returns whether anything changed. */
  advance(): boolean {
    const { state } = this;
    if (state.status === 'PENDING') {
      if (state.plugInSeconds === null) return false;
      const plugged = Date.parse(state.created) + state.plugInSeconds * WHOLE_SECOND;
      if (this.now < plugged) return false;
      state.status = 'ACTIVE';
      state.started = text(plugged);
      state.meteredUntil = state.started;
      state.reported = false;
      return true;
    }
    if (state.status !== 'ACTIVE' || state.started === null) return false;
    const leaving =
      state.unplugSeconds === null ? null : Date.parse(state.started) + state.unplugSeconds * WHOLE_SECOND;
    if (leaving !== null && this.now >= leaving) {
      this.end(leaving);
      return true;
    }
    return this.meter(this.now);
  }

  /** Ends the charge now; a PENDING one, which never began, becomes INVALID. */
  end(at: number = this.now): void {
    const { state } = this;
    if (!this.running) return;
    if (state.status === 'ACTIVE') {
      this.meter(at);
      // A charge that ended in the second it began still has one period (CDR-15).
      if (state.periods.length === 0)
        state.periods.push({
          start: state.started ?? state.created,
          energy: '0',
          chargingSeconds: 0,
          parkingSeconds: 0,
        });
    }
    state.status = state.status === 'ACTIVE' ? 'COMPLETED' : 'INVALID';
    state.ended = text(Math.max(at, Date.parse(state.meteredUntil ?? state.created)));
    state.reported = false;
  }

  /** The session as the platform is told it: whole state each time. */
  report(): JsonObject {
    const { state } = this;
    return {
      ...(state.commandId === null ? {} : { commandId: state.commandId }),
      ...(state.idTag === null ? {} : { idTag: state.idTag }),
      session: {
        status: state.status,
        start_date_time: state.started ?? state.created,
        ...(state.ended === null ? {} : { end_date_time: state.ended }),
        kwh: toJsonNumber(decimal(this.energy), 3),
        location_id: state.locationId,
        evse_uid: state.evseUid,
        connector_id: state.connectorId,
        meter_id: `METER-${state.evseUid}`,
        charging_periods: state.periods.map(toOcpi),
        ...(state.cdrToken === null ? {} : { cdr_token: state.cdrToken, auth_method: 'WHITELIST' }),
      },
    };
  }

  private meter(until: number): boolean {
    const { state } = this;
    const from = Date.parse(state.meteredUntil ?? state.created);
    const seconds = (until - from) / WHOLE_SECOND;
    if (seconds <= 0) return false;
    const { energy, chargingSeconds } = deliver(state.vehicle, decimal(this.energy), seconds);
    if (chargingSeconds > 0)
      state.periods.push({ start: text(from), energy: energy.toString(), chargingSeconds, parkingSeconds: 0 });
    const parkingSeconds = seconds - chargingSeconds;
    if (parkingSeconds > 0) this.park(from + chargingSeconds * WHOLE_SECOND, parkingSeconds);
    state.meteredUntil = text(until);
    state.reported = false;
    return true;
  }

  /** Time in which a full battery asks for nothing is one period, however often it is metered (CDR-19). */
  private park(from: number, seconds: number): void {
    const last = this.state.periods.at(-1);
    if (last && last.parkingSeconds > 0)
      this.state.periods[this.state.periods.length - 1] = { ...last, parkingSeconds: last.parkingSeconds + seconds };
    else this.state.periods.push({ start: text(from), energy: '0', chargingSeconds: 0, parkingSeconds: seconds });
  }
}

function toOcpi(period: MeteredPeriod): JsonObject {
  const hours = (seconds: number): number => toJsonNumber(decimal(seconds).dividedBy(3_600), 6);
  const dimensions =
    period.parkingSeconds > 0
      ? [{ type: 'PARKING_TIME', volume: hours(period.parkingSeconds) }]
      : [
          { type: 'ENERGY', volume: toJsonNumber(decimal(period.energy), 3) },
          { type: 'TIME', volume: hours(period.chargingSeconds) },
        ];
  return { start_date_time: period.start, dimensions };
}
