import { Clock, type FieldViolation } from '@voltap/kernel';
import type { z } from 'zod';
import { carriesRouting, type EndpointRow, type ResponseOf } from '../endpoints/index.js';
import {
  HEADERS,
  headerOf,
  isSuccess,
  type MessageIds,
  PageWalk,
  parseEnvelope,
  parseNextLink,
  retryAfterMs,
  violationsOf,
} from '../transport/index.js';
import { type Loss, upgrade } from '../versions/index.js';
import type { PartnerConnection } from './connection.js';
import { type HttpAnswer, HttpSender, type HttpSenderOptions, NoAnswerError } from './http-sender.js';
import {
  type CallInput,
  type CallOptions,
  callHeaders,
  messageIds,
  namesReceiver,
  type PreparedCall,
  prepareCall,
} from './prepare.js';
import { redactedBody, redactedHeaders, withoutSecrets } from './redaction.js';
import type { CallResult, Exchange, Refused, Success, Unreachable } from './result.js';

const TIMEOUT_MS = 30_000;

/** What a call of a row gives: the object, or the valid objects of one page. */
export type AnswerOf<Row extends EndpointRow> = Row['paginated'] extends true
  ? readonly ResponseOf<Row>[]
  : ResponseOf<Row>;

/** A request to an absolute URL whose bytes are already made, like the CommandResult for a `response_url`. */
export interface RawRequest {
  readonly connection: PartnerConnection;
  readonly method: EndpointRow['method'];
  readonly url: string;
  readonly body?: string;
  readonly ids?: Partial<MessageIds>;
  /** Whether routing headers are sent; true unless it is versions or credentials (RTE-04). */
  readonly routed?: boolean;
  /** Whether the routing headers name the peer; true unless it is a GET at a hub (RTE-09). */
  readonly addressed?: boolean;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

interface Answered {
  readonly answer: HttpAnswer;
  readonly exchange: Exchange;
}

/**
 * Calls partners. A failure of the partner is a value, not an exception; only a mistake of ours throws (a parameter that
 * is missing, an endpoint that the partner does not offer).
 */
export class OcpiClient {
  private readonly sender: HttpSender;

  constructor(
    private readonly clock: Clock,
    options: HttpSenderOptions = {},
  ) {
    this.sender = new HttpSender(options);
  }

  /**
   * Calls a row at a partner, in its version.
   * @throws VoltapError missing_endpoints when the partner does not offer it.
   */
  async call<Row extends EndpointRow>(row: Row, input: CallInput<Row>): Promise<CallResult<AnswerOf<Row>>> {
    const prepared = prepareCall(row, input);
    if ('withheld' in prepared) return { outcome: 'withheld', losses: prepared.withheld };
    return this.sendPrepared(row, prepared, input);
  }

  /** Sends what `prepareCall` made, also a second time, byte for byte. */
  async sendPrepared<Row extends EndpointRow>(
    row: Row,
    prepared: PreparedCall,
    options: CallOptions,
  ): Promise<CallResult<AnswerOf<Row>>> {
    const routing = { routed: carriesRouting(row), addressed: namesReceiver(row, options.connection) };
    const answered = await this.exchange({ ...options, ...prepared, ...routing });
    if ('outcome' in answered) return answered;
    return this.judge(row, answered, options.connection, prepared.losses);
  }

  /** Sends given bytes to an absolute URL; any `data` in the answer is disregarded. */
  async rawRequest(input: RawRequest): Promise<CallResult<undefined>> {
    const answered = await this.exchange(input);
    if ('outcome' in answered) return answered;
    const envelope = this.accepted(answered, input.connection);
    return 'outcome' in envelope ? envelope : this.success(answered, envelope.statusCode, undefined, [], []);
  }

  /**
   * All pages of a list, following `Link` (PAG-14). Every page is a result; a result that is no success is the last.
   * A `Link` to another origin, to a page already seen, or to ever more empty pages ends the list as a blocked address. When objects leave the
   * window of a crawl with `date_to`, the page that may have skipped others is asked for again, further ahead (PAG-15):
   * an object may then come twice.
   */
  async *pages<Row extends EndpointRow & { readonly paginated: true }>(
    row: Row,
    input: CallInput<Row>,
  ): AsyncGenerator<CallResult<AnswerOf<Row>>, void, undefined> {
    let result = await this.call(row, input);
    const walk = new PageWalk();
    while (true) {
      yield result;
      if (result.outcome !== 'success') return;
      const { exchange, next, totalCount, value, violations }: Success<AnswerOf<Row>> = result;
      const objects = (value as readonly unknown[]).length + violations.length;
      const step = walk.after({ url: exchange.url, next, totalCount, objects });
      if (step === undefined) return;
      if ('wrong' in step) {
        yield { outcome: 'unreachable', reason: 'blocked', message: step.wrong, retryable: false, exchange };
        return;
      }
      const page: PreparedCall = { method: row.method, url: step.url, body: undefined, losses: [] };
      result = await this.sendPrepared(row, page, { ...input, ids: { correlationId: exchange.correlationId } });
    }
  }

  /** Until when the certificate of this URL's host is valid; undefined before the first connection, without TLS and through a proxy. */
  certificateExpiry(url: string): Date | undefined {
    return this.sender.certificateExpiry(url);
  }

  async close(): Promise<void> {
    await this.sender.close();
  }

  private async exchange(input: RawRequest): Promise<Answered | Unreachable> {
    const ids = messageIds(input.ids);
    const headers = callHeaders(input.connection, ids, {
      routed: input.routed ?? true,
      addressed: input.addressed ?? true,
      hasBody: input.body !== undefined,
    });
    const started = this.clock.now();
    const secrets = secretsOf(input.connection);
    const described = (answer?: HttpAnswer): Exchange => ({
      method: input.method,
      url: input.url,
      ...ids,
      requestHeaders: redactedHeaders(headers, secrets),
      requestBody: redactedBody(input.body, secrets),
      httpStatus: answer?.status,
      responseHeaders: redactedHeaders(answer?.headers ?? {}, secrets),
      responseBody: redactedBody(answer?.body, secrets),
      startedAt: started.toISOString(),
      durationMs: this.clock.now().getTime() - started.getTime(),
    });
    try {
      const answer = await this.sender.send({
        method: input.method,
        url: input.url,
        headers,
        body: input.body,
        timeoutMs: input.timeoutMs ?? TIMEOUT_MS,
        signal: input.signal,
      });
      return { answer, exchange: described(answer) };
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      const { reason, message } = error;
      return { outcome: 'unreachable', reason, message, retryable: reason !== 'blocked', exchange: described() };
    }
  }

  /** The envelope of an answer that is a success on both layers (ENV-11). */
  private accepted(
    { answer, exchange }: Answered,
    connection: PartnerConnection,
  ): { statusCode: number; data: unknown } | Refused {
    const envelope = parseEnvelope(answer.body);
    const http = answer.status >= 200 && answer.status < 300;
    if (http && envelope && isSuccess(envelope.statusCode)) return envelope;
    const statusCode = envelope?.statusCode;
    return {
      outcome: 'refused',
      httpStatus: answer.status,
      statusCode,
      statusMessage: envelope?.statusMessage && withoutSecrets(envelope.statusMessage, secretsOf(connection)),
      retryable:
        answer.status >= 500 ||
        answer.status === 408 ||
        answer.status === 429 ||
        (http && statusCode !== undefined && statusCode >= 3000 && statusCode < 4000),
      retryAfterMs: retryAfterMs(headerOf(answer.headers, HEADERS.retryAfter), this.clock.now()),
      location: absolute(headerOf(answer.headers, HEADERS.location), exchange.url),
      violations: envelope ? [] : [{ pointer: '', message: 'the answer is no OCPI envelope' }],
      exchange,
    };
  }

  private judge<Row extends EndpointRow>(
    row: Row,
    answered: Answered,
    connection: PartnerConnection,
    losses: readonly Loss[],
  ): CallResult<AnswerOf<Row>> {
    const envelope = this.accepted(answered, connection);
    if ('outcome' in envelope) return envelope;
    const { response } = row;
    const succeed = (value: unknown, violations: readonly FieldViolation[]) =>
      this.success(answered, envelope.statusCode, value as AnswerOf<Row>, violations, losses);
    // Anything may stand in `data` where no payload is named (ENV-09, PAY-52).
    if (response === 'none') return succeed(undefined, []);
    const { value } = upgrade(row.objects.response, connection.version, envelope.data, connection.quirks);
    const { read, violations } = row.paginated ? readList(response, value) : readOne(response, value);
    if (read !== undefined) return succeed(read, violations);
    return {
      outcome: 'refused',
      httpStatus: answered.answer.status,
      statusCode: envelope.statusCode,
      statusMessage: 'the answer is not what the endpoint returns',
      retryable: false,
      retryAfterMs: undefined,
      location: undefined,
      violations,
      exchange: answered.exchange,
    };
  }

  private success<Value>(
    { answer, exchange }: Answered,
    statusCode: number,
    value: Value,
    violations: readonly FieldViolation[],
    losses: readonly Loss[],
  ): Success<Value> {
    const total = headerOf(answer.headers, HEADERS.totalCount);
    return {
      outcome: 'success',
      httpStatus: answer.status,
      statusCode,
      value,
      location: absolute(headerOf(answer.headers, HEADERS.location), exchange.url),
      next: absolute(parseNextLink(headerOf(answer.headers, HEADERS.link)), exchange.url),
      totalCount: total !== undefined && /^\d+$/.test(total) ? Number(total) : undefined,
      violations,
      losses,
      exchange,
    };
  }
}

/** As they stand in messages of peers that repeat what they were sent. */
function secretsOf({ token }: PartnerConnection): string[] {
  return [token, Buffer.from(token).toString('base64')];
}

interface Reading {
  /** Undefined when nothing usable was there. */
  readonly read: unknown;
  readonly violations: readonly FieldViolation[];
}

function readOne(schema: z.ZodType, value: unknown): Reading {
  const result = schema.safeParse(value);
  return result.success
    ? { read: result.data, violations: [] }
    : { read: undefined, violations: violationsOf(result.error, '/data') };
}

/** A broken element does not spoil the page (PAG-16); no `data` is an empty list (FMT-14). */
function readList(schema: z.ZodType, value: unknown): Reading {
  if (value === undefined) return { read: [], violations: [] };
  if (!Array.isArray(value)) {
    return { read: undefined, violations: [{ pointer: '/data', message: 'must be a list' }] };
  }
  const read: unknown[] = [];
  const violations: FieldViolation[] = [];
  value.forEach((element, index) => {
    const result = schema.safeParse(element);
    if (result.success) read.push(result.data);
    else violations.push(...violationsOf(result.error, `/${index}`));
  });
  return { read, violations };
}

/** Peers also send relative URLs in headers. */
function absolute(url: string | undefined, base: string): string | undefined {
  return url !== undefined && URL.canParse(url, base) ? new URL(url, base).href : undefined;
}
