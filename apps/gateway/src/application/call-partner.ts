import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AddressReport, EgressRequest, EgressResult } from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import {
  BlockedAddressError,
  type CallResult,
  type ConnectionRules,
  checkUrl,
  type Exchange,
  OcpiClient,
  type PartnerConnection,
  redactedUrl,
} from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import { LOGGER, type Logger, Metrics } from '@voltap/platform/telemetry';
import { Exchanges } from '../store/exchanges.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerConnections } from './partner-connections.js';

/** Which addresses the gateway calls; the same for the client. */
export const CONNECTION_RULES = Symbol('connection rules');

const ROWS: ReadonlyMap<string, EndpointRow> = new Map(rowsIn(endpoints).map((row) => [row.id, row]));

/** One call on a partner for a service that waits for the answer. What the partner does is a value, never an exception. */
@Injectable()
export class CallPartner implements OnApplicationShutdown {
  private readonly unlogged = new Set<Promise<void>>();

  constructor(
    private readonly directory: PartnerDirectory,
    private readonly connections: PartnerConnections,
    private readonly client: OcpiClient,
    private readonly exchanges: Exchanges,
    private readonly metrics: Metrics,
    @Inject(CONNECTION_RULES) private readonly rules: ConnectionRules,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws VoltapError invalid_parameter, not_found: mistakes of the asking service. */
  async execute(request: EgressRequest, signal: AbortSignal): Promise<EgressResult> {
    const row = ROWS.get(request.endpoint);
    if (row === undefined) throw new VoltapError('invalid_parameter', `There is no endpoint ${request.endpoint}.`);
    const connection = await this.connectionFor(request);
    if (connection === null) {
      return { outcome: 'unreachable', reason: 'blocked', message: 'the partner is not registered', retryable: false };
    }
    try {
      const result = await this.call(row, connection, request, signal);
      const renewed = isUnauthorized(result) ? await this.renewedSince(connection, request) : null;
      return withoutExchange(renewed === null ? result : await this.call(row, renewed, request, signal));
    } catch (error) {
      if (!(error instanceof VoltapError && error.code === 'missing_endpoints')) throw error;
      return { outcome: 'unreachable', reason: 'blocked', message: error.message, retryable: false };
    }
  }

  /** Which addresses would not be called, by what can be seen in them. */
  async refusedAddresses(urls: readonly string[]): Promise<AddressReport> {
    const refused = urls.flatMap((url): AddressReport['refused'][number][] => {
      try {
        checkUrl(url, this.rules);
        return [];
      } catch (error) {
        if (!(error instanceof BlockedAddressError)) throw error;
        return [{ url, reason: error.message }];
      }
    });
    return { refused };
  }

  private async call(
    row: EndpointRow,
    connection: PartnerConnection,
    { partnerId, url, params, query, body, timeoutMs }: EgressRequest,
    signal: AbortSignal,
  ): Promise<CallResult<unknown>> {
    const result = await this.client.call(row, {
      connection,
      url,
      params,
      query,
      body: body as never,
      timeoutMs,
      signal,
    });
    const partner = { 'voltap.partner.id': partnerId };
    const call = { ...partner, 'voltap.operation': row.id, 'voltap.outcome': result.outcome };
    this.metrics.count('voltap.partner.calls', call);
    if (result.outcome === 'withheld') return result;
    this.metrics.record('http.client.request.duration', result.exchange.durationMs / 1000, partner);
    this.log(partnerId, result.exchange);
    return result;
  }

  /** The answer does not wait for its log. */
  private log(partnerId: string, exchange: Exchange): void {
    const kept = this.keep(partnerId, exchange).finally(() => this.unlogged.delete(kept));
    this.unlogged.add(kept);
  }

  private async keep(partnerId: string, exchange: Exchange): Promise<void> {
    try {
      const shown = { ...exchange, url: redactedUrl(exchange.url) };
      await this.exchanges.keep({ partnerId, delivery: null, exchange: shown });
    } catch (error) {
      this.logger.warn({ error, partnerId, requestId: exchange.requestId }, 'a request to a partner was not logged');
    }
  }

  /** Before the database is closed. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.unlogged);
  }

  /** A request that left just before tokens were exchanged finds its token dead; with the new one it is made again. */
  private async renewedSince(before: PartnerConnection, request: EgressRequest): Promise<PartnerConnection | null> {
    if (request.token !== undefined) return null;
    const now = await this.connectionFor(request);
    return now === null || now.token === before.token ? null : now;
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

function isUnauthorized(result: CallResult<unknown>): boolean {
  return result.outcome === 'refused' && result.httpStatus === 401;
}

/** The exchange stays in the gateway: it is for its log. Its request id goes with the result, for the partner's log, and the URL of a success, for the way to the next page. */
function withoutExchange(result: CallResult<unknown>): EgressResult {
  if (result.outcome === 'withheld') return result;
  const { exchange, ...rest } = result;
  const sent = result.outcome !== 'unreachable' || result.reason !== 'blocked';
  const url = result.outcome === 'success' ? { url: exchange.url } : {};
  return { ...rest, ...url, ...(sent ? { requestId: exchange.requestId } : {}) } as EgressResult;
}

function rowsIn(node: unknown): EndpointRow[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('id' in node && 'method' in node) return [node as EndpointRow];
  return Object.values(node).flatMap(rowsIn);
}
