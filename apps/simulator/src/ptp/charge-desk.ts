import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, type Decimal, decimal, formatMoney, money } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import { type JsonObject, numberOf, textOf, textsOf } from '../wire/json.js';
import { readLimit, readPrice } from '../wire/price.js';
import { ocpiTime } from '../wire/version.js';
import type { CardProcessor } from './card-processor.js';
import type { CommandOutcome, CommandsSender } from './commands-sender.js';
import type { PtpOptions } from './ptp-options.js';
import type { SentCommand, TerminalCharge } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';

export interface TapChoice {
  readonly terminalId: string;
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
  /** Chosen by the PTP when absent; giving one again repeats the same START_SESSION. */
  readonly authorizationReference?: string;
}

/** From the tap to the end of the session, as the PTP sees it. */
export class ChargeDesk {
  constructor(
    private readonly store: PtpStore,
    private readonly commands: CommandsSender,
    private readonly cards: CardProcessor,
    private readonly options: PtpOptions,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /** @throws Error when there is no such charge. */
  charge(reference: string): TerminalCharge {
    const charge = this.store.state.charges[reference];
    if (!charge) throw new Error(`no charge ${reference}`);
    return charge;
  }

  /** Pre-authorises, starts, and waits for the CommandResult. A failure releases the reservation. */
  async tap(choice: TapChoice): Promise<CommandOutcome> {
    const reference = choice.authorizationReference ?? `ptp-${randomBytes(12).toString('hex')}`;
    const known = this.store.state.charges[reference];
    const charge = known ?? this.open(reference, choice);
    const body = {
      token: charge.token,
      location_id: charge.locationId,
      evse_uid: charge.evseUid,
      connector_id: charge.connectorId,
      authorization_reference: reference,
    };
    const twice = this.misbehaviours.takeFault('start-twice') !== null;
    const [outcome] = await Promise.all(
      Array.from({ length: twice ? 2 : 1 }, () => this.commands.send(charge, 'START_SESSION', body)),
    );
    if (!outcome) throw new Error('no START_SESSION was sent');
    if (!outcome.accepted && charge.phase === 'STARTING') this.fail(charge, outcome.result);
    return outcome;
  }

  /** Sends STOP_SESSION and waits for its CommandResult. @throws Error when no session has come yet. */
  async stop(reference: string): Promise<CommandOutcome> {
    const charge = this.charge(reference);
    const sessionId = textOf(this.store.state.sessions[charge.sessionKey ?? ''], 'id');
    if (sessionId === undefined) throw new Error(`the platform has not sent the session of ${reference} yet`);
    const before = charge.phase;
    if (before === 'CHARGING' || before === 'PENDING') this.move(charge, 'STOPPING');
    const outcome = await this.commands.send(charge, 'STOP_SESSION', { session_id: sessionId });
    if (!outcome.accepted && charge.phase === 'STOPPING') this.move(charge, before);
    return outcome;
  }

  /** A CommandResult came, for the first or for another time. */
  onResult(charge: TerminalCharge, command: SentCommand['command'], result: string): void {
    if (command !== 'START_SESSION' || charge.phase !== 'STARTING') return;
    if (result === 'ACCEPTED') this.move(charge, 'STARTED');
    else this.fail(charge, result);
  }

  onSession(key: string, session: JsonObject, method: string): void {
    const charge = this.store.state.charges[textOf(session, 'authorization_reference') ?? ''];
    if (!charge) return;
    const status = textOf(session, 'status') ?? '';
    const cost = readPrice(session.total_cost);
    const currency = textOf(session, 'currency') ?? 'EUR';
    const gross = cost ? formatMoney(money(cost.gross, currency)) : undefined;
    this.tell(charge, 'Voltap', 'Payter', `${method} session ${status}`, gross, `${numberOf(session, 'kwh') ?? 0} kWh`);
    if (charge.sessionKey !== key) {
      this.store.commit(() => {
        charge.sessionKey = key;
      });
    }
    const over = ['SETTLED', 'SETTLING'].includes(charge.phase);
    if (charge.phase === 'FAILED') {
      // Nobody waits at the terminal any more and the reservation is gone: a charge that starts now must end.
      if (status === 'ACTIVE') this.stopUnattended(charge);
      return;
    }
    if (status === 'INVALID') this.fail(charge, 'NEVER_STARTED');
    else if (status === 'COMPLETED' && !over) this.move(charge, 'SETTLING');
    else if (status === 'PENDING' && ['STARTING', 'STARTED'].includes(charge.phase)) this.move(charge, 'PENDING');
    else if (status === 'ACTIVE' && !over && charge.phase !== 'STOPPING') {
      this.move(charge, 'CHARGING');
      const hold = this.cards.hold(charge.authorizationReference);
      if (this.options.stopsAtLimit && cost && hold && cost.gross.greaterThanOrEqualTo(decimal(hold.reserved)))
        this.stopUnattended(charge);
    }
  }

  /** The amount to reserve for a tariff, with VAT: preauthorize_amount, or max_price where 2.2.1 has nothing else (S9). */
  reservationFor(tariff: JsonObject | undefined): Decimal {
    const named = numberOf(tariff, 'preauthorize_amount');
    if (named !== undefined) return decimal(named);
    return readLimit(tariff?.max_price) ?? decimal(this.options.defaultReservation);
  }

  /**
   * Nobody waits for this charge any more, as after a restart: a running one is stopped, one without a session is given
   * up. @returns whether a session was stopped, so that a CDR is to be expected.
   */
  async leave(reference: string): Promise<boolean> {
    const charge = this.charge(reference);
    if (charge.phase === 'SETTLED' || charge.phase === 'FAILED') return false;
    if (charge.sessionKey === null) {
      this.fail(charge, 'ABANDONED');
      return false;
    }
    return charge.phase === 'SETTLING' || (await this.stop(reference)).accepted;
  }

  private stopUnattended(charge: TerminalCharge): void {
    if (charge.commands.some(({ command }) => command === 'STOP_SESSION')) return;
    this.stop(charge.authorizationReference).catch((error: unknown) => {
      this.tell(charge, 'Payter', 'Voltap', 'STOP_SESSION failed', undefined, String(error));
    });
  }

  private open(reference: string, choice: TapChoice): TerminalCharge {
    const connector = this.store.connector(choice.locationId, choice.evseUid, choice.connectorId);
    const tariffId = textsOf(connector, 'tariff_ids')[0] ?? null;
    const tariff = tariffId === null ? undefined : this.store.tariff(tariffId);
    const amount = this.reservationFor(tariff);
    const currency = textOf(tariff, 'currency') ?? 'EUR';
    this.cards.reserve(reference, amount, currency);
    const charge: TerminalCharge = {
      authorizationReference: reference,
      terminalId: choice.terminalId,
      locationId: choice.locationId,
      evseUid: choice.evseUid,
      connectorId: choice.connectorId,
      tariffId,
      token: this.oneTimeToken(),
      tappedAt: this.clock.now().toISOString(),
      phase: 'STARTING',
      failure: null,
      messages: [],
      commands: [],
      sessionKey: null,
      cdrKey: null,
      confirmationId: null,
    };
    this.store.commit((state) => {
      state.charges[reference] = charge;
    });
    this.tell(charge, 'driver', 'terminal', 'tap', undefined, `EVSE ${choice.evseUid} connector ${choice.connectorId}`);
    this.tell(
      charge,
      'terminal',
      'Payter',
      'pre-authorisation',
      formatMoney(money(amount, currency)),
      'card **** 4821',
    );
    return charge;
  }

  private fail(charge: TerminalCharge, failure: string): void {
    this.cards.release(charge.authorizationReference);
    this.store.commit(() => {
      charge.phase = 'FAILED';
      charge.failure = failure;
    });
    this.tell(charge, 'Payter', 'driver', 'reservation released', undefined, failure);
  }

  private move(charge: TerminalCharge, phase: TerminalCharge['phase']): void {
    if (charge.phase === phase) return;
    this.store.commit(() => {
      charge.phase = phase;
    });
  }

  /** A complete Token of ours, for one charge only (S11). */
  private oneTimeToken(): JsonObject {
    const uid = randomUUID();
    return {
      ...this.options.party,
      uid,
      type: 'AD_HOC_USER',
      contract_id: uid,
      issuer: this.options.name,
      valid: true,
      whitelist: 'NEVER',
      last_updated: ocpiTime(this.clock.now()),
    };
  }

  private tell(
    charge: TerminalCharge,
    from: 'driver' | 'terminal' | 'Payter' | 'Voltap',
    to: 'driver' | 'terminal' | 'Payter' | 'Voltap',
    message: string,
    amount?: string,
    detail?: string,
  ): void {
    this.journal.tell({ from, to, message, amount, detail, reference: charge.authorizationReference });
  }
}
