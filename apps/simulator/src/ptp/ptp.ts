import type { Clock } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import type { StateFile } from '../state-file.js';
import { Terminal } from '../terminal/terminal.js';
import { methodNotAllowed, success } from '../wire/envelope.js';
import { type JsonObject, textOf } from '../wire/json.js';
import { below, demand, Refused, succeeded } from '../wire/ocpi-client.js';
import { ocpiTime } from '../wire/version.js';
import { CardProcessor } from './card-processor.js';
import { CdrsReceiver } from './cdrs-receiver.js';
import { ChargeDesk } from './charge-desk.js';
import { CommandsSender } from './commands-sender.js';
import { Credentials } from './credentials.js';
import { LocationsReceiver } from './locations-receiver.js';
import { Mirror } from './mirror.js';
import { page } from './paging.js';
import { Partner } from './partner.js';
import { PaymentsSender } from './payments-sender.js';
import type { PtpOptions } from './ptp-options.js';
import { PtpServer } from './ptp-server.js';
import type { CapturedResult, PtpState } from './ptp-state.js';
import { ownedKey, PtpStore } from './ptp-store.js';
import { RequestLog } from './request-log.js';
import { SessionsReceiver } from './sessions-receiver.js';
import { Settlement } from './settlement.js';
import { TariffsReceiver } from './tariffs-receiver.js';

/** A terminal as it is ordered; ids are the PTP's. */
export interface NewTerminal {
  readonly terminalId: string;
  readonly customerReference: string;
  /** Serial number. */
  readonly reference?: string;
  /** Whether only the terminal_id is POSTed, which the specification allows (PAY-02). */
  readonly minimal?: boolean;
}

/** A Payter-like payment terminal provider: an OCPI platform of its own, with terminals and a card scheme behind it. */
export class PaymentTerminalProvider {
  readonly store: PtpStore;
  readonly log: RequestLog;
  readonly credentials: Credentials;
  readonly mirror: Mirror;
  readonly desk: ChargeDesk;
  readonly cards: CardProcessor;
  private readonly partner: Partner;
  private readonly settlement: Settlement;
  private readonly server: PtpServer;
  private poller: NodeJS.Timeout | null = null;

  constructor(
    readonly options: PtpOptions,
    stateFile: StateFile<PtpState>,
    private readonly journal: Journal,
    private readonly clock: Clock,
    misbehaviours: Misbehaviours,
  ) {
    this.store = new PtpStore(stateFile);
    this.log = new RequestLog(clock, options.requestLogLimit);
    this.partner = new Partner(this.store, options.party, options.plainToken);
    this.cards = new CardProcessor(this.store);
    this.mirror = new Mirror(this.store, this.partner, journal);
    this.credentials = new Credentials(this.store, options, journal, () => this.server.url);
    this.settlement = new Settlement(this.store, this.partner, this.cards, options, misbehaviours, journal, clock);
    const commands = new CommandsSender(
      this.store,
      this.partner,
      journal,
      clock,
      (callbackId) => {
        const commandsUrl = this.server.moduleUrl(this.store.registration.version, 'commands');
        return `${below(commandsUrl, 'callback', callbackId)}${options.slashNeeded ? '/' : ''}`;
      },
      (...result) => this.desk.onResult(...result),
    );
    this.desk = new ChargeDesk(this.store, commands, this.cards, options, misbehaviours, journal, clock);
    const sessions = new SessionsReceiver(this.store, (...change) => this.desk.onSession(...change));
    const cdrs = new CdrsReceiver(
      this.store,
      ({ version }) => this.server.moduleUrl(version, 'cdrs'),
      (...change) => this.settlement.onCdr(...change),
    );
    const payments = new PaymentsSender(
      this.store,
      journal,
      clock,
      options.takesTerminalPatch,
      ({ version }) => this.server.moduleUrl(version, 'payments'),
      (terminal) => this.announceLater(terminal),
    );
    const locations = new LocationsReceiver(this.store, journal);
    const tariffs = new TariffsReceiver(this.store, journal);
    this.server = new PtpServer(options, () => this.credentials.versions, this.store, this.log, misbehaviours, clock, {
      credentials: (request) => this.credentials.handle(request),
      locations: (request) => locations.handle(request),
      tariffs: (request) => tariffs.handle(request),
      sessions: (request) => sessions.handle(request),
      cdrs: (request) => cdrs.handle(request),
      commands: (request) => commands.receiveResult(request),
      payments: (request) => payments.handle(request),
      tokens: (request) =>
        request.method === 'GET'
          ? page(
              Object.values(this.store.state.tokens),
              request.query,
              this.server.moduleUrl(request.version, 'tokens'),
            )
          : request.method === 'POST'
            ? success({ allowed: 'ALLOWED' })
            : methodNotAllowed(),
    });
  }

  /** Base of the OCPI server, e.g. `http://127.0.0.1:4010/ocpi/ptp`. */
  get url(): string {
    return this.server.url;
  }

  async start(): Promise<void> {
    await this.server.listen();
    if (this.store.state.registration) this.settlement.resume();
  }

  async close(): Promise<void> {
    if (this.poller) clearInterval(this.poller);
    this.settlement.close();
    await this.server.close();
  }

  /** Whether a kept registration is still good at the platform. @throws Unreachable */
  async registrationHolds(): Promise<boolean> {
    const registration = this.store.state.registration;
    if (!registration) return false;
    try {
      const { versionsUrl: url, ownToken: token } = registration;
      await demand({ method: 'GET', url, token, plainToken: this.options.plainToken });
      return true;
    } catch (error) {
      if (error instanceof Refused && error.httpStatus === 401) return false;
      throw error;
    }
  }

  /** Serves everything below another path from now on; the platform hears of it by the next exchange of credentials. */
  moveEndpoints(path: string): void {
    this.server.moveTo(path);
  }

  terminal(terminalId: string): Terminal {
    return new Terminal(terminalId, this.store, this.desk);
  }

  get terminals(): Terminal[] {
    return Object.values(this.store.state.terminals).map((each) => this.terminal(String(each.terminal_id)));
  }

  /** Creates a terminal (or finds it) and POSTs it to the platform. @throws Refused, Unreachable */
  async createTerminal(wanted: NewTerminal): Promise<Terminal> {
    const id = wanted.terminalId.toUpperCase();
    this.addTerminal(wanted);
    await this.announce(wanted.minimal ? { terminal_id: wanted.terminalId } : (this.store.state.terminals[id] ?? {}));
    return this.terminal(wanted.terminalId);
  }

  /** Creates a terminal (or finds it) and tells nobody: it is in the list only. */
  addTerminal({ terminalId, customerReference, reference }: NewTerminal): void {
    this.store.commit((state) => {
      state.terminals[terminalId.toUpperCase()] ??= {
        terminal_id: terminalId,
        customer_reference: customerReference,
        ...(reference === undefined ? {} : { reference }),
        location_ids: [],
        evse_uids: [],
        last_updated: ocpiTime(this.clock.now()),
      };
    });
  }

  /** Takes a terminal out of the list and tells nobody, for which OCPI has no message. */
  removeTerminal(terminalId: string): void {
    this.store.commit((state) => {
      delete state.terminals[terminalId.toUpperCase()];
    });
  }

  /** Lists a token of ours, or of another party where the fields say so, and tells nobody. */
  issueToken(uid: string, fields: JsonObject = {}): void {
    const token: JsonObject = {
      ...this.options.party,
      uid,
      type: 'RFID',
      contract_id: uid,
      issuer: this.options.name,
      valid: true,
      whitelist: 'ALWAYS',
      last_updated: ocpiTime(this.clock.now()),
      ...fields,
    };
    this.store.commit((state) => {
      state.tokens[ownedKey(String(token.country_code), String(token.party_id), uid)] = token;
    });
  }

  /** Takes a token of ours out of the list and tells nobody. */
  withdrawToken(uid: string): void {
    const { country_code, party_id } = this.options.party;
    this.store.commit((state) => {
      delete state.tokens[ownedKey(country_code, party_id, uid)];
    });
  }

  /**
   * Changes a terminal and PATCHes it at the platform, or PUTs it as a whole, neither of which the specification foresees
   * (payter.md F15). @throws Refused, Unreachable
   */
  async patchTerminal(terminalId: string, fields: JsonObject, method: 'PATCH' | 'PUT' = 'PATCH'): Promise<void> {
    const change = { ...fields, last_updated: ocpiTime(this.clock.now()) };
    this.store.commit((state) => {
      const id = terminalId.toUpperCase();
      state.terminals[id] = { ...state.terminals[id], ...change };
    });
    const url = this.partner.payments('terminals', terminalId);
    const whole = this.store.state.terminals[terminalId.toUpperCase()];
    const answer = await this.partner.call(method, url, method === 'PUT' ? whole : change);
    if (!succeeded(answer))
      throw new Refused(`${method} ${url}`, answer.httpStatus, answer.statusCode, answer.statusMessage);
  }

  /** Terminals start anew at another platform: what the former one assigned and published is forgotten. */
  forgetAssignments(): void {
    this.store.commit((state) => {
      for (const [id, terminal] of Object.entries(state.terminals)) {
        const { invoice_base_url: _base, invoice_creator: _creator, ...kept } = terminal;
        state.terminals[id] = { ...kept, location_ids: [], evse_uids: [] };
      }
    });
  }

  /**
   * Fetches CDRs that were never pushed or whose push was lost (payter.md F27, OFF-02) and settles them.
   * @returns how many were new. @throws Refused, Unreachable
   */
  async pullCdrs(since: Date): Promise<number> {
    let fresh = 0;
    for await (const cdr of this.partner.list('cdrs', { date_from: since.toISOString() })) {
      const key = ownedKey(String(cdr.country_code), String(cdr.party_id), String(cdr.id));
      if (this.store.state.cdrs[key]) continue;
      this.store.commit((state) => {
        state.cdrs[key] = cdr;
      });
      this.settlement.onCdr(key, cdr);
      fresh += 1;
    }
    return fresh;
  }

  /** Polls tariffs and locations now and then (payter.md F22) until closed; a failure is told and tried again. */
  startPolling(everyMs: number): void {
    this.poller ??= setInterval(() => {
      this.mirror
        .poll('tariffs')
        .then(() => this.mirror.poll('locations'))
        .catch((error: unknown) => {
          this.journal.tell({ from: 'Payter', to: 'Voltap', message: 'poll failed', detail: String(error) });
        });
    }, everyMs);
  }

  /** Every CommandResult received for a charge's commands of one kind, in order, repeated deliveries included. */
  commandResults(reference: string, command: 'START_SESSION' | 'STOP_SESSION' = 'START_SESSION'): CapturedResult[] {
    return this.desk
      .charge(reference)
      .commands.filter((sent) => sent.command === command)
      .flatMap(({ callbackId }) => this.store.state.commandResults[callbackId] ?? []);
  }

  private async announce(terminal: JsonObject): Promise<void> {
    const url = this.partner.payments('terminals');
    const answer = await this.partner.call('POST', url, terminal);
    if (!succeeded(answer))
      throw new Refused(`POST ${url}`, answer.httpStatus, answer.statusCode, answer.statusMessage);
    this.journal.tell({
      from: 'Payter',
      to: 'Voltap',
      message: 'POST terminal',
      detail: textOf(terminal, 'terminal_id'),
    });
  }

  /** After an activation the terminal is POSTed back, once the activation itself is answered (PAY-47). */
  private announceLater(terminal: JsonObject): void {
    setImmediate(() => {
      this.announce(terminal).catch((error: unknown) => {
        this.journal.tell({ from: 'Payter', to: 'Voltap', message: 'POST terminal failed', detail: String(error) });
      });
    });
  }
}
