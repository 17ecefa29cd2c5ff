import { Injectable } from '@nestjs/common';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import { type CallResult, OcpiClient, type PartnerConnection } from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerConnections } from './partner-connections.js';

const ROWS: ReadonlyMap<string, EndpointRow> = new Map(rowsIn(endpoints).map((row) => [row.id, row]));

/** One call on a partner for a service that waits for the answer. What the partner does is a value, never an exception. */
@Injectable()
export class CallPartner {
  constructor(
    private readonly directory: PartnerDirectory,
    private readonly connections: PartnerConnections,
    private readonly client: OcpiClient,
  ) {}

  /** @throws VoltapError invalid_parameter, not_found: mistakes of the asking service. */
  async execute(request: EgressRequest, signal: AbortSignal): Promise<EgressResult> {
    const row = ROWS.get(request.endpoint);
    if (row === undefined) throw new VoltapError('invalid_parameter', `There is no endpoint ${request.endpoint}.`);
    const connection = await this.connectionFor(request);
    if (connection === null) {
      return { outcome: 'unreachable', reason: 'blocked', message: 'the partner is not registered', retryable: false };
    }
    const { url, params, query, body, timeoutMs } = request;
    try {
      const result = await this.client.call(row, {
        connection,
        url,
        params,
        query,
        body: body as never,
        timeoutMs,
        signal,
      });
      return withoutExchange(result);
    } catch (error) {
      if (!(error instanceof VoltapError && error.code === 'missing_endpoints')) throw error;
      return { outcome: 'unreachable', reason: 'blocked', message: error.message, retryable: false };
    }
  }

  private async connectionFor(request: EgressRequest): Promise<PartnerConnection | null> {
    const entry = await this.directory.find(request.partnerId);
    if (entry === null) throw new VoltapError('not_found', `There is no partner ${request.partnerId}.`);
    const { token, version } = request;
    if (token !== undefined) return this.connections.with(entry.partner, token, version ?? '2.3.0');
    const connection = this.connections.of(entry.partner);
    return connection === null || version === undefined ? connection : { ...connection, version };
  }
}

/** The exchange stays in the gateway: it is for its log. */
function withoutExchange(result: CallResult<unknown>): EgressResult {
  if (result.outcome === 'withheld') return result;
  const { exchange: _, ...rest } = result;
  return rest as EgressResult;
}

function rowsIn(node: unknown): EndpointRow[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('id' in node && 'method' in node) return [node as EndpointRow];
  return Object.values(node).flatMap(rowsIn);
}
