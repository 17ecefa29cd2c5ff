import type { FieldViolation } from '@voltap/kernel';
import { callableUrlSchema, OCPI_VERSIONS } from '@voltap/ocpi/model';
import { z } from 'zod';

/**
 * `POST /egress` on the private listener of the gateway: one call at a partner whose answer a service needs at once. The
 * request carries the signed caller `{ kind: 'service', service }`; the answer is HTTP 200 with an `EgressResult`,
 * whatever the partner did.
 */
export const egressRequestSchema = z.strictObject({
  /** `id` of the endpoint row, such as `versions.sender.list`. */
  endpoint: z.string(),
  partnerId: z.string(),
  /** Absolute URL in place of the partner's endpoint and the path of the row. */
  url: callableUrlSchema.optional(),
  /** In place of the token that the directory has: credentials that are being exchanged right now. */
  token: z.string().min(1).optional(),
  /** In place of the agreed version. */
  version: z.enum(OCPI_VERSIONS).optional(),
  params: z.record(z.string(), z.string()).optional(),
  query: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** Canonical; the gateway converts it to the version of the partner. */
  body: z.unknown().optional(),
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
});
export type EgressRequest = z.infer<typeof egressRequestSchema>;

/** What came of the call, without what only the exchange log needs. Values are canonical and checked by the row. */
export type EgressResult<Value = unknown> =
  | {
      readonly outcome: 'success';
      readonly httpStatus: number;
      readonly statusCode: number;
      readonly value: Value;
      readonly location?: string;
      readonly next?: string;
      readonly totalCount?: number;
      /** The URL that was called. */
      readonly url?: string;
      /** Elements of a list that were left out because they are invalid (PAG-16); pointers begin with their index. */
      readonly violations?: readonly FieldViolation[];
      /** `X-Request-ID` that the partner saw. */
      readonly requestId?: string;
    }
  | {
      readonly outcome: 'refused';
      readonly httpStatus: number;
      readonly statusCode?: number;
      readonly statusMessage?: string;
      readonly retryable: boolean;
      readonly violations: readonly FieldViolation[];
      readonly requestId?: string;
    }
  | {
      readonly outcome: 'unreachable';
      readonly reason: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly requestId?: string;
    }
  | { readonly outcome: 'withheld'; readonly losses: readonly { readonly pointer: string; readonly reason: string }[] };

/**
 * `POST /egress/addresses` on the same listener, by the same callers: which of these addresses the gateway would refuse to
 * call, by what can be seen in them. Names are looked up when they are called, every time.
 */
export const addressCheckSchema = z.strictObject({ urls: z.array(z.string()).max(500) });
export type AddressCheck = z.infer<typeof addressCheckSchema>;

/** Only those that would be refused. */
export interface AddressReport {
  readonly refused: readonly { readonly url: string; readonly reason: string }[];
}
