import type { Random } from '../random.js';
import type { JsonObject } from '../wire/json.js';
import type { BackEnd } from './back-end.js';
import type { ChargePoint } from './network.js';

export interface CityOptions {
  /** Real milliseconds between two things that happen. */
  readonly everyMs: number;
  /** Most charges of other drivers at a time. */
  readonly maxCharges: number;
  /** Virtual seconds per real second for these charges. */
  readonly speed: number;
  /** Whose RFID cards the other drivers hold. */
  readonly cardIssuer: { readonly country_code: string; readonly party_id: string };
}

/** The rest of the city: other drivers charge with RFID cards, chargers break and are repaired, at a gentle rate. */
export class City {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly options: CityOptions,
    private readonly backEnd: BackEnd,
    private readonly random: Random,
    /** EVSEs that are left alone, so that a driver at a terminal finds them free. */
    private readonly spared: (point: ChargePoint) => boolean,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.happen(), this.options.everyMs);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  /** One thing happens: mostly a driver arrives, sometimes a charger breaks or is repaired. */
  happen(): void {
    const points = this.backEnd.network.all.filter((point) => !this.spared(point));
    const chance = this.random.next();
    if (chance < 0.6) this.arrive(points.filter(({ status }) => status === 'AVAILABLE'));
    else if (chance < 0.7) this.leave(points);
    else if (chance < 0.85) this.change(points, 'OUTOFORDER', 'AVAILABLE');
    else this.change(points, 'AVAILABLE', 'OUTOFORDER');
  }

  private arrive(free: readonly ChargePoint[]): void {
    const charging = this.backEnd.charges.filter((charge) => charge.running && charge.state.cdrToken !== null);
    if (free.length === 0 || charging.length >= this.options.maxCharges) return;
    const point = this.random.pick(free);
    const minutes = point.current === 'DC' ? this.random.whole(15, 45) : this.random.whole(40, 150);
    this.backEnd.begin({
      point,
      vehicle: {
        batteryKwh: String(this.random.pick([42, 58, 64, 77, 90])),
        startLevel: `0.${this.random.whole(10, 60)}`,
        maxPowerKw: String(
          Math.min(point.powerKw, point.current === 'DC' ? this.random.pick([80, 110, 150, 220]) : 11),
        ),
        current: point.current,
      },
      speed: this.options.speed,
      plannedMinutes: minutes + 2,
      command: null,
      cdrToken: this.card(),
      plugInSeconds: 30,
      unplugSeconds: minutes * 60,
    });
  }

  /** A charger that was in use before we came becomes free. */
  private leave(points: readonly ChargePoint[]): void {
    const ours = new Set(this.backEnd.charges.filter(({ running }) => running).map(({ state }) => state.evseUid));
    const others = points.filter(({ status, evseUid }) => status === 'CHARGING' && !ours.has(evseUid));
    if (others.length > 0) this.backEnd.setStatus(this.random.pick(others), 'AVAILABLE');
  }

  private change(points: readonly ChargePoint[], from: string, to: string): void {
    const candidates = points.filter(({ status }) => status === from);
    const broken = points.filter(({ status }) => status === 'OUTOFORDER').length;
    // A city in which everything breaks would soon be no place to charge.
    if (candidates.length === 0 || (to === 'OUTOFORDER' && broken > points.length / 10)) return;
    this.backEnd.setStatus(this.random.pick(candidates), to);
  }

  private card(): JsonObject {
    const number = String(this.random.whole(10_000_000, 99_999_999));
    const { country_code, party_id } = this.options.cardIssuer;
    return {
      country_code,
      party_id,
      uid: `04${number}A1`,
      type: 'RFID',
      contract_id: `${country_code}-${party_id}-C${number}-7`,
    };
  }
}
