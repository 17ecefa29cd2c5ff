import { Inject, Injectable } from '@nestjs/common';
import { EgressClient, type ListWalk, walkList } from '@voltap/contracts/egress';
import { tokens } from '@voltap/ocpi/endpoints';
import type { Token } from '@voltap/ocpi/model';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import type { Pull } from '@voltap/platform/pulling';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { traceHeaders } from '@voltap/platform/telemetry';

/** A partner's tokens as it lists them, reached through the gateway's egress. */
@Injectable()
export class PartnerTokens {
  private readonly egress: EgressClient;

  constructor(@Inject(SERVICE_ADDRESSES) addresses: ServiceAddresses, signature: CallerSignature) {
    const gatewayUrl = addresses.gateway ?? '';
    const headers = { [CALLER_HEADER]: signature.sign({ kind: 'service', service: 'tokens' }) };
    this.egress = new EgressClient({ gatewayUrl, headers, headersOfCall: traceHeaders });
  }

  /**
   * All of them, or those that changed, page by page.
   * @param take gets the valid tokens of a page, and how many were invalid.
   * @throws VoltapError partner_unreachable, partner_refused.
   */
  each(
    { source: partnerId, window, signal }: Pull,
    take: (tokens: readonly Token[], invalid: number) => Promise<void>,
  ): Promise<ListWalk> {
    const query: Record<string, string> = window === null ? {} : { date_from: window.from, date_to: window.to };
    return walkList(this.egress.pages(tokens.sender.list, { partnerId, query }, signal), 'tokens', take);
  }
}
