import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import type { EndpointRow } from '@voltap/ocpi/endpoints';
import { type NextStep, PageWalk } from '@voltap/ocpi/transport';
import type { AddressCheck, AddressReport, EgressRequest, EgressResult } from './egress-request.js';

type SuccessOf<Value> = Extract<EgressResult<Value>, { outcome: 'success' }>;

export interface EgressAddress {
  /** Base URL of the gateway's private listener. */
  readonly gatewayUrl: string;
  /** The header that says, signed, which service asks. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further headers, of the step in which a call is made. */
  headersOfCall?(): Readonly<Record<string, string>>;
}

/** Calls partners through the gateway, which alone may. */
export class EgressClient {
  constructor(private readonly address: EgressAddress) {}

  /**
   * One call of a row. What the partner does is a value.
   * @throws VoltapError unavailable when the gateway cannot be used; the signal's reason when it was aborted.
   */
  async call<Row extends EndpointRow>(
    row: Row,
    input: Omit<EgressRequest, 'endpoint'>,
    signal?: AbortSignal,
  ): Promise<EgressResult<AnswerOf<Row>>> {
    return this.post('/egress', { endpoint: row.id, ...input } satisfies EgressRequest, signal);
  }

  /**
   * All pages of a list, one call for each, by the way that `PageWalk` finds (PAG-14, PAG-15): an object may come twice.
   * Every page is a result; a result that is no success is the last. Nothing is asked for before it is wanted.
   * @throws VoltapError unavailable when the gateway cannot be used; the signal's reason when it was aborted.
   */
  async *pages<Row extends EndpointRow & { readonly paginated: true }>(
    row: Row,
    input: Pick<EgressRequest, 'partnerId' | 'query'>,
    signal?: AbortSignal,
  ): AsyncGenerator<EgressResult<AnswerOf<Row>>, void, undefined> {
    const walk = new PageWalk();
    let result = await this.call(row, input, signal);
    while (true) {
      yield result;
      if (result.outcome !== 'success') return;
      const { url, next, totalCount, value, violations }: SuccessOf<AnswerOf<Row>> = result;
      const objects = (value as readonly unknown[]).length + (violations?.length ?? 0);
      const step: NextStep | undefined =
        url === undefined ? unknownWay(next) : walk.after({ url, next, totalCount, objects });
      if (step === undefined) return;
      if ('wrong' in step) {
        yield { outcome: 'unreachable', reason: 'blocked', message: step.wrong, retryable: false };
        return;
      }
      result = await this.call(row, { partnerId: input.partnerId, url: step.url }, signal);
    }
  }

  /** Which of these addresses would not be called, and why. @throws VoltapError unavailable. */
  async refusedAddresses(urls: readonly string[], signal?: AbortSignal): Promise<AddressReport['refused']> {
    const check = { urls: [...urls] } satisfies AddressCheck;
    return (await this.post<AddressReport>('/egress/addresses', check, signal)).refused;
  }

  private async post<Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.address.gatewayUrl}${path}`, {
        method: 'POST',
        headers: { ...this.address.headers, ...this.address.headersOfCall?.(), 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new VoltapError('unavailable', 'The gateway cannot be reached; try again.', { cause });
    }
    if (!response.ok) {
      throw new VoltapError('unavailable', `The gateway refused the call (HTTP ${response.status}).`, { cause: text });
    }
    return JSON.parse(text) as Answer;
  }
}

/** A gateway that is older than this client, while both are being renewed, does not tell the URL that it called. */
function unknownWay(next: string | undefined): NextStep | undefined {
  return next === undefined
    ? undefined
    : { wrong: 'the gateway is older than this service: its pages cannot be followed' };
}
