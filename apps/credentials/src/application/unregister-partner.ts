import { Inject, Injectable } from '@nestjs/common';
import { partnerUnregistered } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { Sealer } from '@voltap/platform/security';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import { type StoredPartner, unregistered } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { PartnerEventRepository } from '../store/partner-events.js';
import { ChangePartner } from './change-partner.js';
import { done, failed } from './happened.js';
import { PartnerApi } from './partner-api.js';

/** The operator ends a registration: at once on our side, and the partner is told with a DELETE. */
@Injectable()
export class UnregisterPartner {
  constructor(
    private readonly changePartner: ChangePartner,
    private readonly events: PartnerEventRepository,
    private readonly api: PartnerApi,
    private readonly sealer: Sealer,
    @Inject(credentialsConfig.token) private readonly config: CredentialsConfig,
  ) {}

  /** @throws VoltapError not_found; conflict when nothing is registered. */
  async execute(partnerId: string, cause: Cause): Promise<StoredPartner> {
    let before: StoredPartner | undefined;
    const partner = await this.changePartner.execute(partnerId, (current) => {
      if (current.version === null) {
        throw new VoltapError('conflict', `The partner is ${current.status}; no registration is in force.`);
      }
      before = current;
      const happened = done(
        { action: 'unregister', cause, version: current.version },
        'The registration is ended; all tokens are dead',
      );
      return { partner: unregistered(current), told: partnerUnregistered, happened };
    });
    if (before !== undefined) await this.tell(before, cause);
    return partner;
  }

  /** Whether the partner can be told or not: for us it is over. */
  private async tell({ id, version, endpoints, outboundToken }: StoredPartner, cause: Cause): Promise<void> {
    const url = endpoints.find(({ identifier }) => identifier === 'credentials')?.url;
    if (url === undefined || version === null || outboundToken === null) return;
    const conversation = this.api.converse(id, this.sealer.open(outboundToken));
    const tried = { action: 'unregister', cause, version, calls: conversation.calls } as const;
    try {
      await conversation.unregister(url, version, this.config.VOLTAP_REGISTRATION_TIMEOUT_MS);
      await this.events.record(id, done(tried, 'The partner was told'));
    } catch (error) {
      if (!(error instanceof VoltapError)) throw error;
      await this.events.record(id, failed(tried, error, 'failed'));
    }
  }
}
