import type { OperatorCaller } from '../rest/index.js';

/** What came back; `body` is the parsed JSON, or the text where it is none. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** Calls one service as one caller. A string is sent as it is, anything else as JSON. */
export type Call = <Body = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer<Body>>;

/** Makes calls to a running service with the headers of `TestPlatform.callerHeaders`; paths begin with a slash. */
export function callsTo(service: { readonly url: string }, caller: Readonly<Record<string, string>> = {}): Call {
  return async <Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> => {
    const response = await answerOf(service.url + path, {
      method,
      // A worker tests many services one after the other, and the system gives a port again: no connection is kept for the next.
      headers: {
        connection: 'close',
        ...caller,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: jsonOr(text) as Body };
  };
}

/** @throws Error that says where the connection ended, since the error of `fetch` does not say it. */
async function answerOf(url: string, request: RequestInit & { readonly method: string }): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    const { message, socket } = ((error as Error).cause ?? error) as Error & { socket?: object };
    throw new Error(`${request.method} ${url}: ${message} ${JSON.stringify(socket ?? {})}`, { cause: error });
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** An operator who may do everything. */
export function anOperator(changes: Partial<OperatorCaller> = {}): OperatorCaller {
  return {
    kind: 'operator',
    keyId: 'test',
    scopes: ['read', 'operate', 'back-end'],
    publicUrl: 'http://127.0.0.1:4000',
    ...changes,
  };
}
