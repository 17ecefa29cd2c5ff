import { isTimeZone } from '@voltap/ocpi/model';
import { z } from 'zod';

/** What an API key may do: `read` everything, `operate` the platform, speak as the charging `back-end`. */
export type BackOfficeScope = 'read' | 'operate' | 'back-end';

/** An operation of every service; which one is asked says the parameter `:service` of the path. */
export const EVERY_SERVICE = ':service';

/** One operation of the back-office API. Validation, authorisation, routing and the OpenAPI document come from this row. */
export interface BackOfficeEndpoint<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  /** `module.verb`, e.g. `partners.create`. */
  readonly id: string;
  /** The owning service, or EVERY_SERVICE. */
  readonly service: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  readonly scope: BackOfficeScope;
  readonly summary: string;
  readonly description?: string;
  readonly body?: Body;
  /** The body is handed over as a stream; these media types are taken. */
  readonly streamed?: readonly string[];
  readonly query?: Query;
  readonly response: Response;
  readonly status: 200 | 201;
}

export function backOfficeEndpoint<
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodType,
>(row: BackOfficeEndpoint<Body, Query, Response>): BackOfficeEndpoint<Body, Query, Response> {
  return row;
}

/** Query of every list. */
export const listQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('At most this many items'),
  cursor: z.string().min(1).optional().describe('`next` of the page before'),
});

/** Answer of every list: `next` is null on the last page. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export const timeZoneSchema = z.string().refine(isTimeZone, 'is no IANA time zone; Europe/Berlin is one');
