import { isObject, type Json, type JsonObject, objectsOf, textOf } from '../wire/json.js';
import { Unreachable } from '../wire/ocpi-client.js';

/** The back-office API answered with a problem document (RFC 9457) or with something that is none. */
export class BackOfficeProblem extends Error {
  override readonly name = 'BackOfficeProblem';

  constructor(
    readonly what: string,
    readonly httpStatus: number,
    readonly problem: JsonObject | null,
  ) {
    const errors = objectsOf(problem ?? undefined, 'errors').map((each) => `${each.pointer}: ${each.message}`);
    const detail =
      textOf(problem ?? undefined, 'detail') ?? textOf(problem ?? undefined, 'title') ?? 'no problem document';
    super(`${what} was answered HTTP ${httpStatus}: ${[detail, ...errors].join('; ')}`);
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return this.httpStatus >= 500 || this.httpStatus === 429;
  }
}

export interface BackOfficeOptions {
  /** Origin of the private listener, e.g. `http://127.0.0.1:4001`. */
  readonly url: string;
  readonly apiKey: string;
}

/** The back-office API as an operator and a charging back-end use it. Every method @throws BackOfficeProblem, Unreachable. */
export class BackOfficeClient {
  constructor(private readonly options: BackOfficeOptions) {}

  get(path: string, query: Record<string, string> = {}, timeoutMs?: number, signal?: AbortSignal): Promise<Json> {
    const search = new URLSearchParams(query).toString();
    return this.call('GET', search === '' ? path : `${path}?${search}`, undefined, timeoutMs, signal);
  }

  put(path: string, body: Json): Promise<Json> {
    return this.call('PUT', path, body);
  }

  post(path: string, body?: Json, timeoutMs?: number): Promise<Json> {
    return this.call('POST', path, body, timeoutMs);
  }

  delete(path: string): Promise<Json> {
    return this.call('DELETE', path);
  }

  /** All items of a list, page after page. */
  async *list(path: string): AsyncGenerator<JsonObject> {
    let cursor: string | null = null;
    do {
      const page: Json = await this.get(path, { limit: '500', ...(cursor === null ? {} : { cursor }) });
      if (!isObject(page)) throw new BackOfficeProblem(`GET ${path}`, 200, null);
      yield* objectsOf(page, 'items');
      cursor = textOf(page, 'next') ?? null;
    } while (cursor !== null);
  }

  private async call(
    method: string,
    path: string,
    body?: Json,
    timeoutMs = 30_000,
    signal?: AbortSignal,
  ): Promise<Json> {
    const url = `${this.options.url.replace(/\/+$/, '')}/api/v1${path}`;
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let raw: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.options.apiKey}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      raw = await response.text();
    } catch (error) {
      throw new Unreachable(url, error);
    }
    const parsed = parse(raw);
    if (!response.ok)
      throw new BackOfficeProblem(`${method} ${path}`, response.status, isObject(parsed) ? parsed : null);
    return parsed;
  }
}

function parse(raw: string): Json {
  try {
    return raw === '' ? null : (JSON.parse(raw) as Json);
  } catch {
    // An answer that is no JSON has no fields; whoever needs one finds it missing.
    return null;
  }
}

/** `/{segment}/…`, percent-encoded. */
export function path(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}
