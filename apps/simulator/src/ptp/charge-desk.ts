import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, type Decimal, decimal, formatMoney, money, type Party } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import { type OcpiReply, refused, success } from '../wire/envelope.js';
import { isObject, type JsonObject, numberOf, objectsOf, textOf, textsOf } from '../wire/json.js';
import { below, type OcpiAnswer, succeeded, Unreachable } from '../wire/ocpi-client.js';
import { readLimit, readPrice } from '../wire/price.js';
import { checkShape, missingFields } from '../wire/shape-checks.js';
import { ocpiTime } from '../wire/version.js';
import type { CardProcessor } from './card-processor.js';
import type { Partner } from './partner.js';
import type { PtpOptions } from './ptp-options.js';
import type { SentCommand, TerminalCharge } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

export interface TapChoice {
  readonly terminalId: string;
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
  /** Chosen by the PTP when absent; giving one again repeats the same START_SESSION. */
  readonly authorizationReference?: string;
}

export interface CommandOutcome {
  readonly charge: TerminalCharge;
  /** Whether the charge point accepted. */
  readonly accepted: boolean;
  /** The result of the command, `TIMEOUT` when none came in the announced time. */
  readonly result: string;
}

/** How often a command is sent again when its answer was lost; the reference makes that safe (CMD-30). */
const ATTEMPTS = 4;
const GRACE_MS = 3_000;

/** From the tap to the end of the session, as the PTP sees it. */
export class ChargeDesk {
  constructor(
    private readonly store: PtpStore,
    private readonly partner: Partner,
    private readonly cards: CardProcessor,
    private readonly options: PtpOptions,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly callbackUrl: (callbackId: string) => string,
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
      Array.from({ length: twice ? 2 : 1 }, () => this.command(charge, 'START_SESSION', body)),
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
    const outcome = await this.command(charge, 'STOP_SESSION', { session_id: sessionId });
    if (!outcome.accepted && charge.phase === 'STOPPING') this.move(charge, before);
    return outcome;
  }

  /** A CommandResult at `commands/callback/{id}`; every body is kept. */
  receiveResult(request: Received): OcpiReply {
    const [callback, id] = request.segments;
    if (callback !== 'callback' || id === undefined) return refused(2001, 'this address does not exist', 404);
    if (request.method !== 'POST') return refused(2000, 'only POST is offered here', 405);
    const charge = Object.values(this.store.state.charges).find((each) =>
      each.commands.some(({ callbackId }) => callbackId === id),
    );
    const command = charge?.commands.find(({ callbackId }) => callbackId === id);
    if (!charge || !command) {
      request.complain('CMD-05', 'a CommandResult at a response_url that we never gave');
      return refused(2001, 'this address does not exist', 404);
    }
    const missing = request.body ? missingFields('result', request.body) : ['result'];
    if (missing.length > 0) return refused(2001, `missing: ${missing.join(', ')}`);
    for (const { rule, message } of checkShape('result', request.body ?? {}, request.version))
      request.complain(rule, message);
    const earlier = this.store.state.commandResults[id] ?? [];
    if (earlier.some(({ raw }) => raw !== request.raw))
      request.complain('CMD-04', 'a second, different CommandResult for one command');
    this.store.commit((state) => {
      const captured = { at: this.clock.now().toISOString(), raw: request.raw, body: request.body };
      state.commandResults[id] = [...earlier, captured];
      charge.messages = objectsOf(request.body ?? undefined, 'message');
    });
    const result = textOf(request.body ?? undefined, 'result') ?? '';
    this.tell(charge, 'Voltap', 'terminal', `CommandResult ${command.command}`, undefined, result);
    if (command.command === 'START_SESSION' && charge.phase === 'STARTING') {
      if (result === 'ACCEPTED') this.move(charge, 'STARTED');
      else this.fail(charge, result);
    }
    return success();
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

  private async command(
    charge: TerminalCharge,
    command: SentCommand['command'],
    body: JsonObject,
  ): Promise<CommandOutcome> {
    const sent: SentCommand = {
      callbackId: randomUUID(),
      command,
      sentAt: this.clock.now().toISOString(),
      response: null,
    };
    this.store.commit(() => {
      charge.commands.push(sent);
    });
    this.tell(charge, 'terminal', 'Voltap', command, undefined, charge.authorizationReference);
    const answer = await this.post(charge, command, { response_url: this.callbackUrl(sent.callbackId), ...body });
    const response = answer && isObject(answer.data) ? answer.data : null;
    this.store.commit(() => {
      sent.response = response;
      charge.messages = objectsOf(response ?? undefined, 'message');
    });
    const verdict =
      answer && succeeded(answer) ? (textOf(response ?? undefined, 'result') ?? 'FAILED') : refusal(answer);
    this.tell(charge, 'Voltap', 'terminal', `CommandResponse ${command}`, undefined, verdict);
    if (verdict !== 'ACCEPTED') return { charge, accepted: false, result: verdict };
    const seconds = numberOf(response ?? undefined, 'timeout') ?? 30;
    try {
      const result = await this.store.changed.until(
        `a CommandResult for ${command}`,
        () => textOf(this.store.state.commandResults[sent.callbackId]?.[0]?.body ?? undefined, 'result'),
        seconds * 1_000 + GRACE_MS,
      );
      return { charge, accepted: result === 'ACCEPTED', result };
    } catch (error) {
      this.tell(charge, 'Payter', 'terminal', `no CommandResult for ${command}`, undefined, String(error));
      return { charge, accepted: false, result: 'TIMEOUT' };
    }
  }

  private async post(charge: TerminalCharge, command: string, body: JsonObject): Promise<OcpiAnswer | null> {
    const url = below(this.partner.endpoint('commands', 'RECEIVER'), command);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        const answer = await this.partner.call('POST', url, body, this.ownerOf(charge.locationId));
        if (answer.httpStatus < 500 || attempt === ATTEMPTS) return answer;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.tell(charge, 'terminal', 'Voltap', `${command} got no answer`, undefined, `attempt ${attempt}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
    return null;
  }

  private ownerOf(locationId: string): Party | undefined {
    const location = this.store.location(locationId);
    const country_code = textOf(location, 'country_code');
    const party_id = textOf(location, 'party_id');
    return country_code === undefined || party_id === undefined ? undefined : { country_code, party_id };
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

function refusal(answer: OcpiAnswer | null): string {
  return answer ? `OCPI ${answer.statusCode ?? `HTTP ${answer.httpStatus}`}` : 'UNREACHABLE';
}
