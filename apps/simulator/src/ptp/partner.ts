import type { Party } from '@voltap/kernel';
import type { JsonObject } from '../wire/json.js';
import { below, callOcpi, crawl, type OcpiAnswer, type OcpiCall } from '../wire/ocpi-client.js';
import type { PtpStore } from './ptp-store.js';

/** The platform as a registered PTP calls it: right URL, token C and routing headers. */
export class Partner {
  constructor(
    private readonly store: PtpStore,
    private readonly own: Party,
    private readonly plainToken: boolean,
  ) {}

  /**
   * The base URL of a module at the platform.
   * @throws Error when the platform did not announce it.
   */
  endpoint(identifier: string, role: 'SENDER' | 'RECEIVER'): string {
    const found = this.store.registration.endpoints.find(
      (endpoint) => endpoint.identifier === identifier && endpoint.role === role,
    );
    if (!found) throw new Error(`the platform announces no ${identifier} ${role}`);
    return found.url;
  }

  /** @throws Unreachable */
  call(method: OcpiCall['method'], url: string, body?: JsonObject, to?: Party): Promise<OcpiAnswer> {
    const { ownToken: token } = this.store.registration;
    return callOcpi({ method, url, body, token, plainToken: this.plainToken, routing: this.routing(to) });
  }

  payments(...segments: string[]): string {
    return below(this.endpoint('payments', 'RECEIVER'), ...segments);
  }

  /** All objects of a Sender list, page by page. @throws Refused, Unreachable */
  list(identifier: 'locations' | 'tariffs' | 'sessions' | 'cdrs', query: Record<string, string> = {}) {
    const url = new URL(this.endpoint(identifier, 'SENDER'));
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { ownToken: token } = this.store.registration;
    return crawl({ url: url.href, token, plainToken: this.plainToken, routing: this.routing() });
  }

  private routing(to?: Party): { from: Party; to: Party } {
    const receiver = to ?? this.store.registration.parties[0];
    if (!receiver) throw new Error('the platform named no party in its credentials');
    return { from: this.own, to: receiver };
  }
}
