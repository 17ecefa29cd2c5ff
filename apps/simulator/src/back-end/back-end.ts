import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@voltap/kernel';
import { endingAboutNow } from '../accelerated-clock.js';
import { type BackOfficeClient, BackOfficeProblem, path } from '../back-office/back-office-client.js';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import { Signal } from '../signal.js';
import type { StateFile } from '../state-file.js';
import { isObject, type JsonObject, objectsOf, sameId, textOf } from '../wire/json.js';
import { Unreachable } from '../wire/ocpi-client.js';
import { type BackEndCommand, type BackEndOptions, readCommand } from './back-end-options.js';
import { type BackEndState, emptyBackEndState, prune } from './back-end-state.js';
import { type Vehicle, vehicleAt } from './charging-curve.js';
import { type ChargeState, MeteredCharge } from './metered-charge.js';
import type { ChargePoint, Network } from './network.js';
import { Reporter } from './reporter.js';
import { Reservations } from './reservations.js';
import { ACCEPTED, OCCUPIED, refusal, type Verdict } from './verdict.js';

export interface NewCharge {
  readonly point: ChargePoint;
  readonly connectorId?: string;
  readonly vehicle: Vehicle;
  readonly speed: number;
  readonly plannedMinutes: number;
  readonly command: BackEndCommand | null;
  readonly cdrToken: JsonObject | null;
  readonly plugInSeconds: number | null;
  readonly unplugSeconds: number | null;
}

/** A small charging back-end: takes commands by long poll, meters, and reports sessions and EVSE statuses. */
export class BackEnd {
  readonly state: BackEndState;
  readonly changed = new Signal();
  private readonly stopping = new AbortController();
  private readonly inHand = new Set<string>();
  private readonly reporter: Reporter;
  private readonly reservations: Reservations;
  private loop: Promise<void> = Promise.resolve();
  private ticker: NodeJS.Timeout | null = null;

  constructor(
    readonly options: BackEndOptions,
    private readonly file: StateFile<BackEndState>,
    private readonly backOffice: BackOfficeClient,
    readonly network: Network,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {
    this.state = file.load(emptyBackEndState());
    this.reservations = new Reservations(this.state, network, clock, (point, status) => this.setStatus(point, status));
    this.reporter = new Reporter(backOffice, network, misbehaviours, journal, () => this.save());
  }

  get charges(): MeteredCharge[] {
    return this.state.charges.map((state) => new MeteredCharge(state, this.clock));
  }

  /** The newest charge that a START_SESSION with this `authorization_reference` began. */
  chargeOf(reference: string): MeteredCharge | null {
    return this.charges.findLast(({ state }) => state.reference === reference) ?? null;
  }

  /** @throws Unreachable, BackOfficeProblem when the network cannot be read. */
  async start(): Promise<void> {
    await this.network.load();
    for (const point of this.network.all)
      point.status = this.state.statuses[point.evseUid.toUpperCase()] ?? point.status;
    this.loop = this.takeCommands();
    this.ticker = setInterval(() => this.tick(), this.options.reportEveryMs);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    if (this.ticker) clearInterval(this.ticker);
    await this.loop;
  }

  begin(wanted: NewCharge): MeteredCharge {
    const { point, command } = wanted;
    const clock = endingAboutNow(this.clock.now(), wanted.plannedMinutes * 60_000, wanted.speed);
    const state: ChargeState = {
      sessionId: randomUUID(),
      party: point.party,
      locationId: point.locationId,
      evseUid: point.evseUid,
      connectorId: wanted.connectorId ?? point.connectorId,
      vehicle: wanted.vehicle,
      clock,
      commandId: command?.commandId ?? null,
      idTag: command?.idTag ?? null,
      cdrToken: wanted.cdrToken,
      reference: textOf(command?.request, 'authorization_reference') ?? null,
      plugInSeconds: wanted.plugInSeconds,
      unplugSeconds: wanted.unplugSeconds,
      created: `${new Date(clock.virtualStart).toISOString().slice(0, 19)}Z`,
      status: 'PENDING',
      started: null,
      meteredUntil: null,
      ended: null,
      periods: [],
      reported: false,
    };
    this.state.charges.push(state);
    this.setStatus(point, 'CHARGING');
    return new MeteredCharge(state, this.clock);
  }

  /** The driver pulls the plug. */
  unplug(sessionId: string): void {
    const charge = this.charges.find(({ state }) => state.sessionId === sessionId);
    if (charge) this.finish(charge);
  }

  setStatus(point: ChargePoint, status: string): void {
    const uid = point.evseUid.toUpperCase();
    if (point.status === status) return;
    point.status = status;
    this.state.statuses[uid] = status;
    this.state.unreportedStatuses[uid] = status;
    this.journal.tell({ from: 'city', to: 'back-end', message: `EVSE ${status}`, detail: point.evseUid });
    this.save();
  }

  /** One round of metering and reporting; runs by itself every `reportEveryMs`. */
  tick(): void {
    const running = this.charges.filter((charge) => charge.running);
    for (const charge of running) this.advance(charge);
    this.reservations.expire();
    // What is told must be remembered: after a crash the meter goes on from what the platform knows.
    if (running.length > 0) this.save();
    this.flush();
  }

  private advance(charge: MeteredCharge): void {
    charge.advance();
    const { state } = charge;
    const waited = (charge.now - Date.parse(state.created)) / 1_000;
    if (state.status === 'PENDING' && state.plugInSeconds === null && waited >= this.options.plugInTimeoutSeconds)
      charge.end();
    if (!charge.running) this.finish(charge);
  }

  private finish(charge: MeteredCharge): void {
    if (charge.running) charge.advance();
    charge.end();
    const point = this.network.all.find(({ evseUid }) => sameId(evseUid, charge.state.evseUid));
    if (point?.status === 'CHARGING') this.setStatus(point, 'AVAILABLE');
    this.save();
    this.flush();
  }

  private flush(): void {
    this.reporter.flush(this.state, this.charges);
  }

  private save(): void {
    prune(this.state);
    this.file.save(this.state);
    this.changed.notify();
  }

  private async takeCommands(): Promise<void> {
    const { signal } = this.stopping;
    const wait = String(this.options.pollSeconds);
    while (!signal.aborted) {
      try {
        const pending = await this.backOffice.get('/commands/pending', { wait, limit: '10' }, 45_000, signal);
        for (const item of isObject(pending) ? objectsOf(pending, 'items') : []) void this.take(readCommand(item));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Unreachable) && !(error instanceof BackOfficeProblem)) throw error;
        this.journal.tell({ from: 'back-end', to: 'Voltap', message: 'GET commands failed', detail: error.message });
        await pause(1_000, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Decides once per commandId, whatever is handed out again, and answers until the platform has the answer. */
  private async take(command: BackEndCommand): Promise<void> {
    if (this.inHand.has(command.commandId) || this.state.ignored.includes(command.commandId)) return;
    this.inHand.add(command.commandId);
    try {
      const known = this.state.answers[command.commandId];
      if (known) return await this.answer(command, known);
      const fault = this.misbehaviours.takeFault('no-answer', 'late-answer', 'late-start', 'double-answer');
      if (fault?.kind === 'no-answer') {
        this.state.ignored.push(command.commandId);
        this.save();
        return;
      }
      if (fault?.kind === 'late-start') await this.pause(fault.delayMs);
      const verdict = await this.decide(command);
      this.state.answers[command.commandId] = verdict;
      this.save();
      if (fault?.kind === 'late-answer') await this.pause(fault.delayMs);
      await this.answer(command, verdict);
      if (fault?.kind === 'double-answer')
        await this.answer(command, verdict.result === 'ACCEPTED' ? refusal('REJECTED', 'No', 'Nein') : ACCEPTED);
      this.flush();
    } catch (error) {
      // Not answered: the platform hands the command out again, and the decision is kept.
      if (!this.stopping.signal.aborted)
        this.journal.tell({ from: 'back-end', to: 'Voltap', message: 'command answer failed', detail: String(error) });
    } finally {
      this.inHand.delete(command.commandId);
    }
  }

  private pause(milliseconds = 1_000): Promise<void> {
    return pause(milliseconds, undefined, { signal: this.stopping.signal });
  }

  private async answer(command: BackEndCommand, verdict: Verdict): Promise<void> {
    this.journal.tell({
      from: 'back-end',
      to: 'Voltap',
      message: `answer ${command.type}`,
      detail: verdict.result,
      reference: textOf(command.request, 'authorization_reference'),
    });
    await this.backOffice.post(`${path('commands', command.commandId)}/answer`, { ...verdict });
  }

  private async decide(command: BackEndCommand): Promise<Verdict> {
    switch (command.type) {
      case 'START_SESSION':
        return this.decideStart(command);
      case 'STOP_SESSION':
        return this.decideStop(command);
      case 'RESERVE_NOW':
        return this.reservations.reserve(command);
      case 'CANCEL_RESERVATION':
        return this.reservations.cancel(command);
      case 'UNLOCK_CONNECTOR':
        return ACCEPTED;
      default:
        return refusal('NOT_SUPPORTED', 'This is not possible here', 'Das ist hier nicht möglich');
    }
  }

  private async decideStart(command: BackEndCommand): Promise<Verdict> {
    const { request } = command;
    const evseUid = textOf(request, 'evse_uid');
    // Without an EVSE the choice among the free ones of the location is ours (CMD-11).
    const point =
      evseUid === undefined
        ? this.network.at(textOf(request, 'location_id') ?? '').find(({ status }) => status === 'AVAILABLE')
        : await this.network.find(evseUid);
    if (!point) return refusal('FAILED', 'This charge point is unknown', 'Diese Ladestation ist unbekannt');
    if (this.charges.some((charge) => charge.running && sameId(charge.state.evseUid, point.evseUid))) return OCCUPIED;
    switch (point.status) {
      case 'AVAILABLE':
      case 'UNKNOWN':
        break;
      case 'RESERVED':
        if (this.reservations.use(command)) break;
        return OCCUPIED;
      case 'CHARGING':
        return OCCUPIED;
      default:
        return refusal('EVSE_INOPERATIVE', 'This charge point is out of order', 'Diese Ladestation ist außer Betrieb');
    }
    const neverPlugged = this.misbehaviours.takeFault('never-plugged-in') !== null;
    this.begin({
      point,
      connectorId: textOf(request, 'connector_id'),
      vehicle: vehicleAt(point),
      speed: this.options.speed,
      plannedMinutes: this.options.plannedMinutes,
      command,
      cdrToken: null,
      plugInSeconds: neverPlugged ? null : this.options.plugInSeconds,
      unplugSeconds: null,
    });
    return ACCEPTED;
  }

  /** A charge that ended already is stopped: the driver's wish is fulfilled. */
  private decideStop(command: BackEndCommand): Verdict {
    const sessionId = textOf(command.request, 'session_id');
    const reference = textOf(command.request, 'authorization_reference');
    const charge = this.charges.findLast(
      ({ state }) =>
        sameId(state.sessionId, sessionId) ||
        state.idTag === command.idTag ||
        (reference !== undefined && state.reference === reference),
    );
    if (!charge) return refusal('REJECTED', 'No such charge is running', 'Kein solcher Ladevorgang läuft');
    this.finish(charge);
    return ACCEPTED;
  }
}
