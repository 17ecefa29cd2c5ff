import { Inject, Injectable } from '@nestjs/common';
import { EgressClient, type EgressRequest, type EgressResult } from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import { type EndpointRow, payments } from '@voltap/ocpi/endpoints';
import type { FinancialAdviceConfirmation, Terminal } from '@voltap/ocpi/model';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';

export type PartnerAnswer<Value> =
  | { readonly outcome: 'success'; readonly value: Value }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unreachable'; readonly reason: string };

const sender = payments.sender;

/** A PTP's terminals and confirmations as they stand at the PTP, reached through the gateway's egress. */
@Injectable()
export class PartnerTerminals {
  private readonly egress: EgressClient;

  constructor(@Inject(SERVICE_ADDRESSES) addresses: ServiceAddresses, signature: CallerSignature) {
    const gatewayUrl = addresses.gateway ?? '';
    const headers = { [CALLER_HEADER]: signature.sign({ kind: 'service', service: 'payments' }) };
    this.egress = new EgressClient({ gatewayUrl, headers });
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

  /** Every terminal of the partner. @throws VoltapError partner_unreachable, partner_refused. */
  async *all(partnerId: string): AsyncGenerator<Terminal> {
    let url: string | undefined;
    do {
      const page = await this.egress.call(sender.listTerminals, following(partnerId, url));
      if (page.outcome !== 'success') throw failure(page);
      yield* page.value;
      url = page.next;
    } while (url !== undefined);
  }

  /** Every confirmation of the partner. @throws VoltapError partner_unreachable, partner_refused. */
  async *allConfirmations(partnerId: string): AsyncGenerator<FinancialAdviceConfirmation> {
    let url: string | undefined;
    do {
      const page = await this.egress.call(sender.listConfirmations, following(partnerId, url));
      if (page.outcome !== 'success') throw failure(page);
      yield* page.value;
      url = page.next;
    } while (url !== undefined);
  }
}

/** The first page, or the one that the partner's `Link` names (PAG-14). */
function following(partnerId: string, url: string | undefined): { partnerId: string; url?: string } {
  return url === undefined ? { partnerId } : { partnerId, url };
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

function failure(result: Exclude<EgressResult, { outcome: 'success' }>): VoltapError {
  const code = result.outcome === 'unreachable' ? 'partner_unreachable' : 'partner_refused';
  return new VoltapError(code, `The partner could not be asked: ${reasonOf(result)}`);
}

function reasonOf(result: Exclude<EgressResult, { outcome: 'success' }>): string {
  switch (result.outcome) {
    case 'unreachable':
      return result.message;
    case 'refused':
      return `the partner answered ${result.httpStatus}${result.statusCode === undefined ? '' : `, ${result.statusCode}`}: ${result.statusMessage ?? 'no reason given'}`;
    default:
      return `not expressible in the partner's version: ${result.losses.map(({ reason }) => reason).join('; ')}`;
  }
}
