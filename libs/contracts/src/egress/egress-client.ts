import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import type { EndpointRow } from '@voltap/ocpi/endpoints';
import type { AddressCheck, AddressReport, EgressRequest, EgressResult } from './egress-request.js';

export interface EgressAddress {
  /** Base URL of the gateway's private listener. */
  readonly gatewayUrl: string;
  /** The header that says, signed, which service asks. */
  readonly headers: Readonly<Record<string, string>>;
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
        headers: { ...this.address.headers, 'content-type': 'application/json' },
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
