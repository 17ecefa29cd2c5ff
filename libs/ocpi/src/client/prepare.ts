import { randomUUID } from 'node:crypto';
import { type EndpointRow, type ParameterOf, type RequestOf } from '../endpoints/index.js';
import {
  authorizationHeader,
  fillPath,
  HEADERS,
  idHeaders,
  joinUrl,
  type MessageIds,
  routingHeaders,
  withQuery,
  withTrailingSlash,
} from '../transport/index.js';
import { downgrade, type Loss } from '../versions/index.js';
import { baseUrlOf, type PartnerConnection } from './connection.js';

/** Parts of a call that every row has. */
export interface CallOptions {
  readonly connection: PartnerConnection;
  /** Made anew when left out; a repetition of a message keeps the correlation id only (IDS-03). */
  readonly ids?: Partial<MessageIds>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A call of a row; what the row does not take may be left out. */
export type CallInput<Row extends EndpointRow> = CallOptions & {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Absolute URL that takes the place of endpoint and path: version lists, `response_url`, `Location`. Used as given. */
  readonly url?: string;
} & (RequestOf<Row> extends undefined
    ? { readonly body?: undefined }
    : undefined extends RequestOf<Row>
      ? { readonly body?: RequestOf<Row> }
      : { readonly body: RequestOf<Row> }) &
  ([ParameterOf<Row['path']>] extends [never]
    ? { readonly params?: Readonly<Record<string, string>> }
    : { readonly params?: Readonly<Record<ParameterOf<Row['path']>, string>> });

/** A request in the partner's version, ready to be sent, and to be sent again byte for byte. */
export interface PreparedCall {
  readonly method: EndpointRow['method'];
  readonly url: string;
  readonly body: string | undefined;
  readonly losses: readonly Loss[];
}

/**
 * Converts and addresses a call.
 * @returns losses only, when the partner's version cannot express the body.
 * @throws VoltapError missing_endpoints when the partner does not offer the endpoint.
 */
export function prepareCall<Row extends EndpointRow>(
  row: Row,
  input: CallInput<Row>,
): PreparedCall | { readonly withheld: readonly Loss[] } {
  const { connection } = input;
  const url = withQuery(input.url ?? addressOf(row, input), input.query);
  if (input.body === undefined) return { method: row.method, url, body: undefined, losses: [] };
  const { value, losses } = downgrade(row.objects.request, connection.version, input.body, connection.quirks);
  if (value === undefined) return { withheld: losses };
  return { method: row.method, url, body: JSON.stringify(value), losses };
}

function addressOf<Row extends EndpointRow>(row: Row, input: CallInput<Row>): string {
  const url = joinUrl(
    baseUrlOf(row, input.connection),
    fillPath(row.path, input.params as Readonly<Record<string, string>> | undefined),
  );
  return input.connection.quirks.trailingSlash ? withTrailingSlash(url) : url;
}

/**
 * Whether a request names the party that it is for. A GET is no broadcast: to a hub it names nobody and is routed by what it
 * asks for, except for the list of all that a Sender behind the hub has (RTE-09).
 */
export function namesReceiver(row: EndpointRow, connection: PartnerConnection): boolean {
  return connection.peerIsHub !== true || row.method !== 'GET' || (row.paginated && row.role === 'SENDER');
}

/** Headers of a request (TRN-01, TRN-09, RTE-01, RTE-04, IDS-03, IDS-04). */
export function callHeaders(
  connection: PartnerConnection,
  ids: MessageIds,
  options: { readonly routed: boolean; readonly addressed: boolean; readonly hasBody: boolean },
): Record<string, string> {
  return {
    [HEADERS.authorization]: authorizationHeader(connection.token, connection.quirks.plainToken),
    accept: 'application/json',
    ...(options.hasBody ? { 'content-type': 'application/json' } : {}),
    ...idHeaders(ids),
    ...(options.routed
      ? routingHeaders({
          ...(connection.own ? { from: connection.own } : {}),
          ...(connection.peer && options.addressed ? { to: connection.peer } : {}),
        })
      : {}),
  };
}

export function messageIds(given: Partial<MessageIds> = {}): MessageIds {
  return { requestId: given.requestId ?? randomUUID(), correlationId: given.correlationId ?? randomUUID() };
}
