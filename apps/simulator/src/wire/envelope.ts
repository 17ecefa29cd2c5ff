import type { Json, JsonObject } from './json.js';
import { ocpiTime } from './version.js';

/** What a handler of the simulator's OCPI server answers. */
export interface OcpiReply {
  readonly httpStatus: number;
  readonly statusCode: number;
  readonly statusMessage?: string;
  readonly data?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

export function success(data?: Json, httpStatus = 200, headers: Record<string, string> = {}): OcpiReply {
  return { httpStatus, statusCode: 1000, data, headers };
}

/** A client error in OCPI's sense; HTTP stays 200 unless the resource itself is missing (ENV-05, ENV-07). */
export function refused(statusCode: number, statusMessage: string, httpStatus = 200): OcpiReply {
  return { httpStatus, statusCode, statusMessage };
}

export const notFound = (what: string): OcpiReply => refused(2001, `${what} does not exist`, 404);

export const methodNotAllowed = (): OcpiReply => refused(2000, 'this method is not offered here', 405);

export function envelope(reply: OcpiReply, now: Date): JsonObject {
  return {
    ...(reply.data === undefined ? {} : { data: reply.data }),
    status_code: reply.statusCode,
    ...(reply.statusMessage === undefined ? {} : { status_message: reply.statusMessage }),
    timestamp: ocpiTime(now),
  };
}
