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
    }
  | {
      readonly outcome: 'refused';
      readonly httpStatus: number;
      readonly statusCode?: number;
      readonly statusMessage?: string;
      readonly retryable: boolean;
      readonly violations: readonly FieldViolation[];
    }
  | {
      readonly outcome: 'unreachable';
      readonly reason: string;
      readonly message: string;
      readonly retryable: boolean;
    }
  | { readonly outcome: 'withheld'; readonly losses: readonly { readonly pointer: string; readonly reason: string }[] };
