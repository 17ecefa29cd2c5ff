import type { Party } from '@voltap/kernel';
import type { JsonObject } from '../wire/json.js';
import type { OcpiVersion } from '../wire/version.js';

/** A request of the platform that passed authentication, as the handlers of the modules get it. */
export interface Received {
  readonly method: string;
  readonly version: OcpiVersion;
  /** Path segments below the module, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: JsonObject | null;
  readonly raw: string;
  readonly token: string;
  /** Sender of the request by its routing headers, null when they are absent. */
  readonly from: Party | null;
  readonly complain: (rule: string, message: string) => void;
}
