/**
 * The closed catalogue of what can go wrong, as partners and operators see it.
 * `http`: status on the back-office API (RFC 9457). `ocpi`: OCPI status code; `ocpiHttp`: HTTP status towards a partner
 * (ENV-05: valid JSON from an authenticated sender to an existing resource is HTTP 200). `retryable`: the same request
 * may succeed later, unchanged; consumers retry on it.
 */
export const ERROR_CATALOGUE = {
  invalid_json: { http: 400, ocpi: 2000, ocpiHttp: 400, retryable: false, title: 'The body is not valid JSON' },
  invalid_parameter: {
    http: 422,
    ocpi: 2001,
    ocpiHttp: 200,
    retryable: false,
    title: 'A parameter or field is missing or invalid',
  },
  not_enough_information: {
    http: 422,
    ocpi: 2002,
    ocpiHttp: 200,
    retryable: false,
    title: 'More information is needed',
  },
  unknown_location: { http: 404, ocpi: 2003, ocpiHttp: 200, retryable: false, title: 'The location is unknown' },
  unknown_token: { http: 404, ocpi: 2004, ocpiHttp: 404, retryable: false, title: 'The token is unknown' },
  unauthorized: {
    http: 401,
    ocpi: 2000,
    ocpiHttp: 401,
    retryable: false,
    title: 'The credentials are missing or unknown',
  },
  forbidden: { http: 403, ocpi: 2000, ocpiHttp: 401, retryable: false, title: 'The credentials do not allow this' },
  not_found: { http: 404, ocpi: 2000, ocpiHttp: 404, retryable: false, title: 'The resource does not exist' },
  not_capable: {
    http: 404,
    ocpi: 2001,
    ocpiHttp: 404,
    retryable: false,
    title: 'The object lacks the capability for this',
  },
  method_not_allowed: {
    http: 405,
    ocpi: 2000,
    ocpiHttp: 405,
    retryable: false,
    title: 'The method is not offered here',
  },
  conflict: { http: 409, ocpi: 2001, ocpiHttp: 200, retryable: false, title: 'The request contradicts what is stored' },
  payload_too_large: { http: 413, ocpi: 2000, ocpiHttp: 413, retryable: false, title: 'The body is too large' },
  rate_limited: { http: 429, ocpi: 2000, ocpiHttp: 429, retryable: true, title: 'Too many requests' },
  partner_unreachable: {
    http: 502,
    ocpi: 3001,
    ocpiHttp: 200,
    retryable: true,
    title: "The partner's API cannot be used",
  },
  unsupported_version: { http: 422, ocpi: 3002, ocpiHttp: 200, retryable: false, title: 'No common OCPI version' },
  missing_endpoints: {
    http: 422,
    ocpi: 3003,
    ocpiHttp: 200,
    retryable: false,
    title: 'The partner lacks required endpoints',
  },
  partner_refused: {
    http: 502,
    ocpi: 3000,
    ocpiHttp: 200,
    retryable: false,
    title: 'The partner answered with an error',
  },
  unavailable: {
    http: 503,
    ocpi: 3000,
    ocpiHttp: 200,
    retryable: true,
    title: 'A part of the platform is not available',
  },
  internal: { http: 500, ocpi: 3000, ocpiHttp: 200, retryable: false, title: 'Unexpected failure' },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly http: number;
  readonly ocpi: number;
  readonly ocpiHttp: number;
  readonly retryable: boolean;
  readonly title: string;
}

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One field that is wrong: RFC 6901 pointer into the body (or `query/<name>`, `path/<name>`, `header/<name>`), and what to do. */
export interface FieldViolation {
  readonly pointer: string;
  readonly message: string;
}

export interface VoltapErrorOptions {
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** The only error class that crosses a boundary. `message` says what happened and the way out, without inner messages. */
export class VoltapError extends Error {
  override readonly name = 'VoltapError';
  readonly violations: readonly FieldViolation[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: VoltapErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.violations = options.violations ?? [];
  }

  get entry(): ErrorEntry {
    return ERROR_CATALOGUE[this.code];
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }
}

/** Whether handling may simply be repeated: our retryable errors and everything that is not ours (database away, bug in a library). */
export function isRetryable(error: unknown): boolean {
  return error instanceof VoltapError ? error.retryable : true;
}
