import { formatMoney, money } from '@voltap/kernel';
import { type BackOfficeClient, BackOfficeProblem, path } from '../back-office/back-office-client.js';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import { isObject, objectOf } from '../wire/json.js';
import { Unreachable } from '../wire/ocpi-client.js';
import { readPrice } from '../wire/price.js';
import type { BackEndState } from './back-end-state.js';
import type { MeteredCharge } from './metered-charge.js';
import type { Network } from './network.js';

/** How often in a row the platform may refuse a session's state before we stop repeating it. */
const REFUSALS = 30;

/**
 * Brings sessions and statuses to the platform. What was not accepted stays marked and is sent with the next round,
 * in its newest state; one report per charge is under way at a time.
 */
export class Reporter {
  private readonly underWay = new Set<string>();
  private statusesUnderWay = false;
  private readonly refusals = new Map<string, number>();

  constructor(
    private readonly backOffice: BackOfficeClient,
    private readonly network: Network,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
    private readonly save: () => void,
  ) {}

  flush(state: BackEndState, charges: readonly MeteredCharge[]): void {
    for (const charge of charges) if (!charge.state.reported) void this.session(charge);
    if (Object.keys(state.unreportedStatuses).length > 0 && !this.statusesUnderWay) void this.statuses(state);
  }

  private async session(charge: MeteredCharge): Promise<void> {
    const { state } = charge;
    if (this.underWay.has(state.sessionId) || this.misbehaviours.takeFault('stop-reporting')) return;
    this.underWay.add(state.sessionId);
    const report = charge.report();
    const sent = JSON.stringify(report);
    const detail = `${charge.energy} kWh at ${state.evseUid}`;
    const message = `session ${state.status}`;
    if (state.commandId !== null)
      this.journal.tell({ from: 'back-end', to: 'Voltap', message, detail, reference: state.reference ?? undefined });
    try {
      const where = path('sessions', state.party.country_code, state.party.party_id, state.sessionId);
      const answer = await this.backOffice.put(where, report);
      const session = isObject(answer) ? objectOf(answer, 'session') : undefined;
      const cost = readPrice(session?.total_cost);
      const amount = cost ? formatMoney(money(cost.gross, String(session?.currency ?? 'EUR'))) : undefined;
      if (state.commandId === null) this.journal.tell({ from: 'city', to: 'back-end', message, amount, detail });
      this.refusals.delete(state.sessionId);
      // What was metered while the call was under way is not reported yet.
      state.reported = JSON.stringify(charge.report()) === sent;
      this.save();
    } catch (error) {
      this.failed(`session ${state.status}`, error);
      if (error instanceof BackOfficeProblem && !error.retryable && this.givesUp(state.sessionId)) {
        state.reported = JSON.stringify(charge.report()) === sent;
        this.save();
      }
    } finally {
      this.underWay.delete(state.sessionId);
    }
  }

  /** The platform may learn of the command later than we report; a state that it goes on refusing is dropped. */
  private givesUp(sessionId: string): boolean {
    const count = (this.refusals.get(sessionId) ?? 0) + 1;
    this.refusals.set(sessionId, count);
    return count >= REFUSALS;
  }

  private async statuses(state: BackEndState): Promise<void> {
    this.statusesUnderWay = true;
    const sent = { ...state.unreportedStatuses };
    const points = this.network.all.filter(({ evseUid }) => sent[evseUid.toUpperCase()] !== undefined);
    try {
      await this.backOffice.post(
        '/evse-statuses',
        points.map((point) => ({
          ...point.party,
          location_id: point.locationId,
          evse_uid: point.evseUid,
          status: sent[point.evseUid.toUpperCase()],
        })),
      );
      this.forget(state, sent);
    } catch (error) {
      this.failed('EVSE statuses', error);
      if (error instanceof BackOfficeProblem && !error.retryable) this.forget(state, sent);
    } finally {
      this.statusesUnderWay = false;
    }
  }

  private forget(state: BackEndState, sent: Readonly<Record<string, string>>): void {
    for (const [uid, status] of Object.entries(sent))
      if (state.unreportedStatuses[uid] === status) delete state.unreportedStatuses[uid];
    this.save();
  }

  private failed(what: string, error: unknown): void {
    if (!(error instanceof Unreachable) && !(error instanceof BackOfficeProblem)) throw error;
    this.journal.tell({ from: 'back-end', to: 'Voltap', message: `${what} not accepted`, detail: error.message });
  }
}
