import type { FieldViolation } from '@voltap/kernel';
import type { Loss } from '../versions/index.js';

/** One request and its answer for the log: no tokens, no response URLs, no card lines, bodies cut. Its `url` is as called: `redactedUrl`. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  readonly httpStatus: number | undefined;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string | undefined;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** HTTP 2xx and a 1xxx status code (ENV-11), and an answer that is what the row says. */
export interface Success<Value> {
  readonly outcome: 'success';
  readonly httpStatus: number;
  readonly statusCode: number;
  readonly value: Value;
  /** `Location` header, absolute (CDR-03). */
  readonly location: string | undefined;
  /** Of a list: the absolute URL of the next page, and the number of all objects. */
  readonly next: string | undefined;
  readonly totalCount: number | undefined;
  /** Elements of a list that were left out because they are invalid (PAG-16); pointers begin with their index. */
  readonly violations: readonly FieldViolation[];
  /** What did not survive the conversion of our body. */
  readonly losses: readonly Loss[];
  readonly exchange: Exchange;
}

/** The partner answered, and not with success; or with a success that cannot be read (then with violations). */
export interface Refused {
  readonly outcome: 'refused';
  readonly httpStatus: number;
  /** Undefined when the answer was no envelope. */
  readonly statusCode: number | undefined;
  readonly statusMessage: string | undefined;
  /** Whether the same request may be accepted later: HTTP 408, 429, 5xx, or 3xxx. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** `Location` header, absolute: where the partner already keeps what it refuses to take twice, when it says so. */
  readonly location: string | undefined;
  readonly violations: readonly FieldViolation[];
  readonly exchange: Exchange;
}

/** Nobody knows whether the partner acted: no answer came, or none that could be taken. */
export interface Unreachable {
  readonly outcome: 'unreachable';
  readonly reason: 'blocked' | 'timeout' | 'aborted' | 'connection' | 'too-large';
  readonly message: string;
  /** False for what repeating cannot mend: a blocked address. */
  readonly retryable: boolean;
  readonly exchange: Exchange;
}

/** Nothing was sent: the version of the partner cannot express the object. */
export interface Withheld {
  readonly outcome: 'withheld';
  readonly losses: readonly Loss[];
}

export type CallResult<Value> = Success<Value> | Refused | Unreachable | Withheld;
