import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock, Party } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import { type OcpiReply, refused, success } from '../wire/envelope.js';
import { isObject, type JsonObject, numberOf, objectsOf, textOf } from '../wire/json.js';
import { below, type OcpiAnswer, succeeded, Unreachable } from '../wire/ocpi-client.js';
import { checkShape, missingFields } from '../wire/shape-checks.js';
import type { Partner } from './partner.js';
import type { SentCommand, TerminalCharge } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

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

/** Sender of Commands: POSTs them at the platform and receives their results at `commands/callback/{id}`. */
export class CommandsSender {
  constructor(
    private readonly store: PtpStore,
    private readonly partner: Partner,
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly callbackUrl: (callbackId: string) => string,
    private readonly onResult: (charge: TerminalCharge, command: SentCommand['command'], result: string) => void,
  ) {}

  /** Sends a command, again when its answer was lost, and waits for its CommandResult as long as was announced. */
  async send(charge: TerminalCharge, command: SentCommand['command'], body: JsonObject): Promise<CommandOutcome> {
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
      // The result may be here before the answer that announces it.
      if (this.store.state.commandResults[sent.callbackId] === undefined)
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
      await pause(500 * attempt);
    }
    return null;
  }

  private ownerOf(locationId: string): Party | undefined {
    const location = this.store.location(locationId);
    const country_code = textOf(location, 'country_code');
    const party_id = textOf(location, 'party_id');
    return country_code === undefined || party_id === undefined ? undefined : { country_code, party_id };
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
    this.onResult(charge, command.command, result);
    return success();
  }

  private tell(
    charge: TerminalCharge,
    from: 'terminal' | 'Payter' | 'Voltap',
    to: 'terminal' | 'Voltap',
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
