import { Inject, Injectable } from '@nestjs/common';
import {
  EgressClient,
  type EgressRequest,
  type EgressResult,
  type ListWalk,
  reasonOf,
  walkList,
} from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import { type EndpointRow, payments } from '@voltap/ocpi/endpoints';
import type { FinancialAdviceConfirmation, Terminal, TerminalActivation } from '@voltap/ocpi/model';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { traceHeaders } from '@voltap/platform/telemetry';

export type PartnerAnswer<Value> =
  | { readonly outcome: 'success'; readonly value: Value }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unreachable'; readonly reason: string };

/** Times of modification: from, inclusive, to, exclusive; RFC 3339. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** Gets the valid elements of a page, and how many were invalid. */
type Take<Element> = (elements: readonly Element[], invalid: number) => Promise<void>;

const sender = payments.sender;

/** A PTP's terminals and confirmations as they stand at the PTP, reached through the gateway's egress. */
@Injectable()
export class PartnerTerminals {
  private readonly egress: EgressClient;

  constructor(@Inject(SERVICE_ADDRESSES) addresses: ServiceAddresses, signature: CallerSignature) {
    const gatewayUrl = addresses.gateway ?? '';
    const headers = { [CALLER_HEADER]: signature.sign({ kind: 'service', service: 'payments' }) };
    this.egress = new EgressClient({ gatewayUrl, headers, headersOfCall: traceHeaders });
  }

  /**
   * Says which places the terminal serves, as complete lists (PAY-42..44), and where its receipts are: a PATCH for the
   * places, a PUT of the whole for the rest (PAY-45). A PTP that takes only one of both gets what it takes.
   * @param patches false for one that is known not to take PATCH: it gets the PUT alone.
   */
  async assign(partnerId: string, terminal: Terminal, patches: boolean): Promise<PartnerAnswer<undefined>> {
    const params = { terminal_id: terminal.terminal_id };
    const { location_ids, evse_uids, last_updated } = terminal;
    const whole = await this.call(sender.putTerminal, { partnerId, params, body: terminal });
    if (!patches) return answerOf(whole, () => undefined);
    const places = await this.call(sender.patchTerminal, {
      partnerId,
      params,
      body: { location_ids, evse_uids, last_updated },
    });
    if (places.outcome === 'success' || whole.outcome === 'success') return { outcome: 'success', value: undefined };
    return answerOf(places, () => undefined);
  }

  async read(partnerId: string, terminalId: string): Promise<PartnerAnswer<Terminal>> {
    const result = await this.call(sender.getTerminal, { partnerId, params: { terminal_id: terminalId } });
    return answerOf(result, (value) => value);
  }

  /** As it is there; null when the PTP has no such terminal (any more). */
  async readIfThere(partnerId: string, terminalId: string): Promise<PartnerAnswer<Terminal | null>> {
    const result = await this.call(sender.getTerminal, { partnerId, params: { terminal_id: terminalId } });
    if (result.outcome === 'refused' && result.httpStatus === 404) return { outcome: 'success', value: null };
    return answerOf(result, (value) => value);
  }

  /** Orders a terminal that is built into a station, by its reference (PAY-46). What is answered is no matter (PAY-52). */
  async activate(partnerId: string, body: TerminalActivation): Promise<PartnerAnswer<undefined>> {
    return decidedBy(await this.call(sender.activateTerminal, { partnerId, body }));
  }

  /** Takes a terminal out of use (PAY-48). */
  async deactivate(partnerId: string, terminalId: string): Promise<PartnerAnswer<undefined>> {
    return decidedBy(await this.call(sender.deactivateTerminal, { partnerId, params: { terminal_id: terminalId } }));
  }

  /** A gateway that is away is a partner that cannot be reached now. */
  private async call<Row extends EndpointRow>(
    row: Row,
    input: Omit<EgressRequest, 'endpoint'>,
  ): Promise<EgressResult<AnswerOf<Row>>> {
    try {
      return await this.egress.call(row, input);
    } catch (error) {
      if (!(error instanceof VoltapError) || !error.retryable) throw error;
      return { outcome: 'unreachable', reason: 'gateway', message: error.message, retryable: true };
    }
  }

  /**
   * The terminals of the partner, or those that changed in the window, page by page.
   * @throws VoltapError partner_unreachable, partner_refused.
   */
  eachTerminal(partnerId: string, window: Window | null, signal: AbortSignal, take: Take<Terminal>): Promise<ListWalk> {
    const pages = this.egress.pages(sender.listTerminals, { partnerId, query: queryOf(window) }, signal);
    return walkList(pages, 'terminals', take);
  }

  /** Likewise its confirmations. @throws VoltapError partner_unreachable, partner_refused. */
  eachConfirmation(
    partnerId: string,
    window: Window | null,
    signal: AbortSignal,
    take: Take<FinancialAdviceConfirmation>,
  ): Promise<ListWalk> {
    const pages = this.egress.pages(sender.listConfirmations, { partnerId, query: queryOf(window) }, signal);
    return walkList(pages, 'confirmations', take);
  }
}

function queryOf(window: Window | null): Record<string, string> {
  return window === null ? {} : { date_from: window.from, date_to: window.to };
}

/** What no repetition changes, such as an endpoint that is not offered, is a refusal. */
function decidedBy(result: EgressResult<unknown>): PartnerAnswer<undefined> {
  if (result.outcome === 'unreachable' && !result.retryable) return { outcome: 'refused', reason: reasonOf(result) };
  return answerOf(result, () => undefined);
}

function answerOf<Value, Wanted>(result: EgressResult<Value>, wanted: (value: Value) => Wanted): PartnerAnswer<Wanted> {
  switch (result.outcome) {
    case 'success':
      return { outcome: 'success', value: wanted(result.value) };
    case 'unreachable':
      return { outcome: 'unreachable', reason: reasonOf(result) };
    case 'refused':
      return { outcome: result.retryable ? 'unreachable' : 'refused', reason: reasonOf(result) };
    default:
      return { outcome: 'refused', reason: reasonOf(result) };
  }
}
