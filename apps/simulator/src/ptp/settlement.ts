import { randomUUID } from 'node:crypto';
import { type Clock, type Decimal, decimal, formatMoney, money, ZERO } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import type { Misbehaviours } from '../misbehaviour/misbehaviour.js';
import { type JsonObject, textOf } from '../wire/json.js';
import { succeeded, Unreachable } from '../wire/ocpi-client.js';
import { readPrice, writePrice } from '../wire/price.js';
import { ocpiTime } from '../wire/version.js';
import type { Capture, CardProcessor } from './card-processor.js';
import type { Partner } from './partner.js';
import type { PtpOptions } from './ptp-options.js';
import type { TerminalCharge } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';

/** What follows a CDR: capture at the card scheme, then the financial advice confirmation to the platform. */
export class Settlement {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly sending = new Set<string>();
  private closed = false;

  constructor(
    private readonly store: PtpStore,
    private readonly partner: Partner,
    private readonly cards: CardProcessor,
    private readonly options: PtpOptions,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  onCdr(key: string, cdr: JsonObject): void {
    const charge = this.store.state.charges[textOf(cdr, 'authorization_reference') ?? ''];
    if (!charge || cdr.credit === true) return;
    const total = readPrice(cdr.total_cost);
    const currency = textOf(cdr, 'currency') ?? 'EUR';
    const gross = total?.gross ?? ZERO;
    this.tell(charge, 'Voltap', 'Payter', 'POST CDR', formatMoney(money(gross, currency)), textOf(cdr, 'id'));
    if (charge.cdrKey !== null) return;
    const capture = this.capture(charge, total?.net ?? ZERO, gross);
    const captured = formatMoney(money(capture.captured, currency));
    this.tell(charge, 'Payter', 'driver', 'capture', captured, capture.message);
    const confirmation = this.confirm(charge, capture, total?.net ?? ZERO, gross, currency);
    const id = String(confirmation.id);
    this.store.commit((state) => {
      charge.cdrKey = key;
      charge.confirmationId = id;
      if (charge.phase !== 'FAILED') charge.phase = 'SETTLED';
      state.confirmations[id.toUpperCase()] = { confirmation, sentAt: null, lost: false, attempts: 0 };
    });
    this.schedule(id);
  }

  private capture({ authorizationReference: reference }: TerminalCharge, net: Decimal, gross: Decimal): Capture {
    const fault = this.misbehaviours.takeFault('capture-net', 'capture-short', 'capture-failed');
    switch (fault?.kind) {
      case 'capture-failed':
        this.cards.release(reference);
        return { captured: ZERO, status: 'FAILED', message: 'The card was declined' };
      case 'capture-net':
        return this.cards.capture(reference, net);
      case 'capture-short':
        return this.cards.capture(reference, gross.minus('0.01'));
      default:
        return this.cards.capture(reference, gross);
    }
  }

  /** Sends again what a former process had not got accepted. */
  resume(): void {
    for (const [id, { sentAt, lost }] of Object.entries(this.store.state.confirmations))
      if (sentAt === null && !lost) this.later(0, id);
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private schedule(id: string): void {
    const fault = this.misbehaviours.takeFault('confirmation-duplicate', 'confirmation-delayed', 'confirmation-lost');
    if (fault?.kind === 'confirmation-lost') {
      this.store.commit((state) => {
        const stored = state.confirmations[id.toUpperCase()];
        if (stored) stored.lost = true;
      });
      return;
    }
    this.later(fault?.kind === 'confirmation-delayed' ? (fault.delayMs ?? 1_000) : 0, id);
    if (fault?.kind === 'confirmation-duplicate') this.later(50, id, true);
  }

  private later(delayMs: number, id: string, again = false): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void this.send(id, again);
    }, delayMs);
    this.timers.add(timer);
  }

  /** Repeated until the platform accepted or knows it (payter.md F35: 200 or 409 end the retries). */
  private async send(id: string, again: boolean): Promise<void> {
    const stored = this.store.state.confirmations[id.toUpperCase()];
    if (!stored || (stored.sentAt !== null && !again)) return;
    if (this.sending.has(id)) return this.later(50, id, again);
    this.sending.add(id);
    stored.attempts += 1;
    try {
      const url = this.partner.payments('financial-advice-confirmations');
      const answer = await this.partner.call('POST', url, stored.confirmation);
      const accepted = succeeded(answer) || answer.httpStatus === 409;
      this.journal.tell({
        from: 'Payter',
        to: 'Voltap',
        message: `POST confirmation ${textOf(stored.confirmation, 'capture_status_code') ?? ''}`,
        amount: formatMoney(
          money(
            readPrice(stored.confirmation.total_costs)?.gross ?? ZERO,
            textOf(stored.confirmation, 'currency') ?? 'EUR',
          ),
        ),
        detail: accepted ? 'accepted' : `HTTP ${answer.httpStatus}, OCPI ${answer.statusCode}: ${answer.statusMessage}`,
        reference: textOf(stored.confirmation, 'authorization_reference'),
      });
      if (accepted) {
        this.store.commit(() => {
          stored.sentAt ??= this.clock.now().toISOString();
        });
      } else this.later(this.options.confirmationRetryMs, id, again);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.later(this.options.confirmationRetryMs, id, again);
    } finally {
      this.sending.delete(id);
    }
  }

  private confirm(
    charge: TerminalCharge,
    capture: Capture,
    net: Decimal,
    gross: Decimal,
    currency: string,
  ): JsonObject {
    // Of a part of the total, the taxes are the same share.
    const capturedNet = capture.captured.equals(gross)
      ? net
      : gross.equals(ZERO)
        ? ZERO
        : capture.captured.times(net).dividedBy(gross).toDecimalPlaces(2);
    const version = this.store.registration.version;
    const shape = this.options.confirmationPrices === 'sloppy' ? '2.2.1' : version;
    return {
      id: randomUUID(),
      authorization_reference: charge.authorizationReference,
      total_costs: writePrice(capturedNet, capture.captured, shape),
      currency,
      ...(capture.status === 'FAILED' ? {} : { eft_data: eftLines(charge, capture.captured, currency) }),
      capture_status_code: capture.status,
      capture_status_message: capture.message,
      last_updated: ocpiTime(this.clock.now()),
    };
  }

  private tell(
    charge: TerminalCharge,
    from: 'Payter' | 'Voltap',
    to: 'Payter' | 'driver',
    message: string,
    amount: string,
    detail?: string,
  ): void {
    this.journal.tell({ from, to, message, amount, detail, reference: charge.authorizationReference });
  }
}

/** Lines of card data as a terminal prints them; masked as always. */
function eftLines(charge: TerminalCharge, captured: Decimal, currency: string): string[] {
  return [
    'Debit Mastercard',
    'Contactless',
    'AID: A0000000041010',
    'Nr: **** **** **** 4821',
    `Terminal: ${charge.terminalId}`,
    `Ref: ${charge.authorizationReference}`,
    `Amount: ${formatMoney(money(decimal(captured), currency))}`,
  ];
}
