import { nestsTooDeep } from './json.js';
import { STATUS } from './status-codes.js';

/** The wrapper of every answer (ENV-01). */
export interface Envelope<Value = unknown> {
  readonly data?: Value;
  readonly status_code: number;
  readonly status_message?: string;
  readonly timestamp: string;
}

/** The text of an envelope. `dataText` is JSON already; it is placed, never parsed. Without it `data` is left out (ENV-09). */
export function envelopeText(
  now: Date,
  dataText?: string,
  statusCode: number = STATUS.success,
  statusMessage?: string,
): string {
  const data = dataText === undefined ? '' : `"data":${dataText},`;
  const message = statusMessage === undefined ? '' : `"status_message":${JSON.stringify(statusMessage)},`;
  return `{${data}"status_code":${statusCode},${message}"timestamp":"${now.toISOString()}"}`;
}

export interface ParsedEnvelope {
  readonly statusCode: number;
  readonly statusMessage: string | undefined;
  readonly data: unknown;
}

/**
 * Reads an answer tolerantly: `timestamp` may be missing and `status_code` may be a text of digits; extra fields and
 * `data: null` are fine (ENV-09, FMT-20).
 * @returns undefined when the text is no JSON object with a status code, or nests deeper than anything that is meant.
 */
export function parseEnvelope(text: string): ParsedEnvelope | undefined {
  if (nestsTooDeep(text)) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { status_code, status_message, data } = body as Record<string, unknown>;
  const statusCode = typeof status_code === 'string' && /^\d{4}$/.test(status_code) ? Number(status_code) : status_code;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) return undefined;
  return {
    statusCode,
    statusMessage: typeof status_message === 'string' ? status_message : undefined,
    data: data ?? undefined,
  };
}
