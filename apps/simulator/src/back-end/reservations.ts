import type { Clock } from '@voltap/kernel';
import { sameId, textOf } from '../wire/json.js';
import type { BackEndCommand } from './back-end-options.js';
import type { BackEndState } from './back-end-state.js';
import type { ChargePoint, Network } from './network.js';
import { ACCEPTED, OCCUPIED, refusal, type Verdict } from './verdict.js';

/** Charge points that are kept free for somebody, by the platform's number of the reservation. */
export class Reservations {
  constructor(
    private readonly state: BackEndState,
    private readonly network: Network,
    private readonly clock: Clock,
    private readonly setStatus: (point: ChargePoint, status: string) => void,
  ) {}

  async reserve({ request }: BackEndCommand): Promise<Verdict> {
    const number = String(request.reservation_id);
    const held = this.held[number];
    const evseUid = textOf(request, 'evse_uid') ?? held?.evseUid;
    const point =
      evseUid === undefined
        ? this.network.at(textOf(request, 'location_id') ?? '').find(({ status }) => status === 'AVAILABLE')
        : await this.network.find(evseUid);
    if (!point) return OCCUPIED;
    const replaces = held !== undefined && sameId(held.evseUid, point.evseUid);
    if (!replaces && point.status !== 'AVAILABLE' && point.status !== 'UNKNOWN') return OCCUPIED;
    if (held !== undefined && !replaces) this.free(number);
    this.held[number] = { evseUid: point.evseUid, expiry: textOf(request, 'expiry_date') ?? '' };
    this.setStatus(point, 'RESERVED');
    return ACCEPTED;
  }

  cancel({ request }: BackEndCommand): Verdict {
    const number = String(request.reservation_id);
    if (this.held[number] === undefined)
      return refusal('UNKNOWN_RESERVATION', 'There is no such reservation', 'Diese Reservierung gibt es nicht');
    this.free(number);
    return ACCEPTED;
  }

  /** @returns whether the start is by whom the charge point is reserved for; it is free for that start then. */
  use({ request }: BackEndCommand): boolean {
    const number = String(request.reservation_id);
    if (this.held[number] === undefined) return false;
    this.free(number);
    return true;
  }

  expire(): void {
    const now = this.clock.now().getTime();
    for (const [number, { expiry }] of Object.entries(this.held)) if (Date.parse(expiry) <= now) this.free(number);
  }

  private free(number: string): void {
    const { evseUid } = this.held[number] ?? {};
    delete this.held[number];
    const point = this.network.all.find((each) => evseUid !== undefined && sameId(each.evseUid, evseUid));
    if (point?.status === 'RESERVED') this.setStatus(point, 'AVAILABLE');
  }

  private get held(): Record<string, { evseUid: string; expiry: string }> {
    this.state.reservations ??= {};
    return this.state.reservations;
  }
}
