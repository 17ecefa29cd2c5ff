import type { ErrorCode } from '@voltap/kernel';
import type { OcpiVersion } from '@voltap/ocpi/model';

/** One request to the partner in an exchange, for people who look for it in the partner's log. */
export interface ExchangeCall {
  readonly what: string;
  readonly url: string;
  /** `X-Request-ID` that the partner saw; null when nothing was sent. */
  readonly requestId: string | null;
  readonly httpStatus: number | null;
  readonly statusCode: number | null;
  readonly error: string | null;
}

export type PartnerAction =
  | 'open'
  | 'issue-token-a'
  | 'change-terms'
  | 'register'
  | 'rotate'
  | 'unregister'
  | 'suspend'
  | 'resume';

/** Who wanted it. */
export type Cause =
  | { readonly by: 'operator'; readonly keyId: string }
  | { readonly by: 'partner'; readonly requestId: string; readonly correlationId: string };

/** Something that happened to a connection, or was tried. Holds no token. */
export interface PartnerEvent {
  readonly id: string;
  readonly partnerId: string;
  readonly at: Date;
  readonly action: PartnerAction;
  readonly cause: Cause;
  /** `refused`: by one side. `failed`: nobody knows what the partner made of it. */
  readonly outcome: 'started' | 'done' | 'refused' | 'failed';
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly version: OcpiVersion | null;
  readonly calls: readonly ExchangeCall[];
}

export type NewPartnerEvent = Omit<PartnerEvent, 'id' | 'at' | 'partnerId'>;
