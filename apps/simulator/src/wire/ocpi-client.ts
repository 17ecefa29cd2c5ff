import { randomUUID } from 'node:crypto';
import type { Party } from '@voltap/kernel';
import { tokenHeader } from './authorization.js';
import { isObject, type Json, type JsonObject } from './json.js';

/** The other side could not be reached at all, or its answer was cut off. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`${url} cannot be reached: ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error && cause.cause.message !== '' ? cause.cause.message : cause.message;
}

/** The other side answered, but not with success (ENV-11). */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly what: string,
    readonly httpStatus: number,
    readonly statusCode: number | null,
    statusMessage: string | null,
  ) {
    super(`${what} was answered HTTP ${httpStatus}, OCPI ${statusCode ?? 'none'}: ${statusMessage ?? 'no message'}`);
  }
}

export interface OcpiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly token: string;
  /** Whether the token goes as it is, not in Base64. */
  readonly plainToken?: boolean;
  readonly body?: JsonObject;
  /** Parties for the routing headers; left out for versions and credentials (RTE-04). */
  readonly routing?: { readonly from: Party; readonly to: Party };
  readonly timeoutMs?: number;
}

export interface OcpiAnswer {
  readonly httpStatus: number;
  readonly statusCode: number | null;
  readonly statusMessage: string | null;
  readonly data: Json | undefined;
  readonly headers: Headers;
  readonly raw: string;
}

export function succeeded(answer: OcpiAnswer): boolean {
  return (
    answer.httpStatus >= 200 &&
    answer.httpStatus < 300 &&
    answer.statusCode !== null &&
    answer.statusCode >= 1000 &&
    answer.statusCode < 2000
  );
}

/** @throws Unreachable */
export async function callOcpi(call: OcpiCall): Promise<OcpiAnswer> {
  const headers: Record<string, string> = {
    authorization: tokenHeader(call.token, call.plainToken),
    'x-request-id': randomUUID(),
    'x-correlation-id': randomUUID(),
    accept: 'application/json',
  };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.routing) {
    headers['ocpi-from-country-code'] = call.routing.from.country_code;
    headers['ocpi-from-party-id'] = call.routing.from.party_id;
    headers['ocpi-to-country-code'] = call.routing.to.country_code;
    headers['ocpi-to-party-id'] = call.routing.to.party_id;
  }
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      redirect: 'error',
      signal: AbortSignal.timeout(call.timeoutMs ?? 15_000),
    });
    const raw = await response.text();
    const parsed = parse(raw);
    const answered = isObject(parsed) ? parsed : {};
    return {
      httpStatus: response.status,
      statusCode: typeof answered.status_code === 'number' ? answered.status_code : null,
      statusMessage: typeof answered.status_message === 'string' ? answered.status_message : null,
      data: answered.data,
      headers: response.headers,
      raw,
    };
  } catch (error) {
    throw new Unreachable(call.url, error);
  }
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // A body that is no JSON has no status code; the caller sees `statusCode: null` and the raw text.
    return null;
  }
}

/** The data of a successful call. @throws Refused, Unreachable */
export async function demand(call: OcpiCall): Promise<OcpiAnswer> {
  const answer = await callOcpi(call);
  if (!succeeded(answer)) {
    throw new Refused(`${call.method} ${call.url}`, answer.httpStatus, answer.statusCode, answer.statusMessage);
  }
  return answer;
}

/** Every object of a paged list, page after page by its Link header only (PAG-14). @throws Refused, Unreachable */
export async function* crawl(call: Omit<OcpiCall, 'method' | 'body'>): AsyncGenerator<JsonObject> {
  let url: string | null = call.url;
  while (url !== null) {
    const answer: OcpiAnswer = await demand({ ...call, method: 'GET', url });
    if (!Array.isArray(answer.data)) throw new Refused(`GET ${url}`, answer.httpStatus, answer.statusCode, 'no list');
    yield* answer.data.filter(isObject);
    url = nextLink(answer.headers.get('link'));
  }
}

export function nextLink(header: string | null): string | null {
  return /<([^>]+)>\s*;\s*rel="?next"?/i.exec(header ?? '')?.[1] ?? null;
}

/** `{url}/{segments…}` with no double and no lost slash, segments percent-encoded (TRN-13, COO-09). */
export function below(url: string, ...segments: string[]): string {
  return [url.replace(/\/+$/, ''), ...segments.map(encodeURIComponent)].join('/');
}
