import { Inject, Injectable } from '@nestjs/common';
import { partnerRegistered, partnerUpdated } from '@voltap/contracts/events';
import { Clock, VoltapError } from '@voltap/kernel';
import type { Credentials, OcpiVersion } from '@voltap/ocpi/model';
import { Sealer } from '@voltap/platform/security';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import { admitted, alreadyRegistered } from '../domain/admission.js';
import { agreed, type Partner, type StoredPartner } from '../domain/partner.js';
import type { Cause, ExchangeCall } from '../domain/partner-event.js';
import { checkPeerCredentials } from '../domain/peer-credentials.js';
import { PartnerEventRepository } from '../store/partner-events.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { ChangePartner } from './change-partner.js';
import { done, failed } from './happened.js';
import { InspectPartner } from './inspect-partner.js';
import { IssueToken } from './issue-token.js';
import { PartnerApi } from './partner-api.js';

export interface ExchangeRequest {
  readonly partnerId: string;
  /** Of the token that the partner came with. */
  readonly tokenHash: string;
  /** Of the URL: the one to agree on (CRED-02, CRED-11). */
  readonly version: OcpiVersion;
  readonly peer: Credentials;
  readonly publicUrl: string;
  readonly cause: Cause;
}

export interface Exchanged {
  readonly partner: StoredPartner;
  /** Token C, in clear: for the answer. */
  readonly token: string;
}

const KINDS = {
  /** POST (CRED-01 to CRED-06). */
  register: { asked: 'register', action: 'register', told: partnerRegistered },
  /** PUT (CRED-09 to CRED-11, CRED-31). */
  update: { asked: 'update', action: 'rotate', told: partnerUpdated },
} as const;

/**
 * The partner gives its credentials and gets ours. It is asked what it offers before anything is written; then all is
 * written at once. So an exchange that fails, or whose process dies, leaves the tokens of before in force on both sides
 * (CRED-16, CRED-31), and of two at once the first to commit wins. One whose answer was lost may be repeated with the
 * token that it was made with, for the grace.
 */
@Injectable()
export class ExchangeCredentials {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly events: PartnerEventRepository,
    private readonly api: PartnerApi,
    private readonly inspectPartner: InspectPartner,
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    @Inject(credentialsConfig.token) private readonly config: CredentialsConfig,
  ) {}

  /** @throws VoltapError as the partner shall see it: 401, 405, 2001, 3000, 3001, 3002, 3003. */
  async execute(kind: keyof typeof KINDS, request: ExchangeRequest): Promise<Exchanged> {
    const { partnerId, version, cause } = request;
    const calls: ExchangeCall[] = [];
    try {
      return await this.exchange(kind, request, calls);
    } catch (error) {
      await this.events.record(
        partnerId,
        failed({ action: KINDS[kind].action, cause, version, calls }, error, 'refused'),
      );
      throw error;
    }
  }

  private async exchange(
    kind: keyof typeof KINDS,
    { partnerId, tokenHash, version, peer, publicUrl, cause }: ExchangeRequest,
    calls: ExchangeCall[],
  ): Promise<Exchanged> {
    const { asked, action, told } = KINDS[kind];
    const presented = () => ({ hash: tokenHash, now: this.clock.now() });
    const { partner: before, token } = admitted(await this.partners.find(partnerId), asked, presented());
    if (token.use === 'spent' && peer.url !== before.versionsUrl) throw alreadyUsed();
    if (!before.versions.includes(version)) {
      throw new VoltapError('not_found', `Version ${version} is not offered; see the list of versions`);
    }
    checkPeerCredentials(peer, before.partnerParties);
    const conversation = this.api.converse(partnerId, peer.token);
    const { endpoints } = await this.inspectPartner
      .execute(before, { url: peer.url, version, publicUrl }, conversation)
      .finally(() => calls.push(...conversation.calls));
    const issued = this.issueToken.execute('current', null);
    const partner = await this.changePartner.execute(partnerId, (current) => {
      admitted(current, asked, presented());
      // While we asked the partner, another exchange of it was faster.
      if (agreedToken(current) !== agreedToken(before)) throw kind === 'register' ? alreadyRegistered() : outrun();
      const agreement = {
        version,
        versionsUrl: peer.url,
        roles: peer.roles,
        endpoints,
        inboundToken: issued.stored,
        outboundToken: this.sealer.seal(peer.token),
      };
      const { now } = presented();
      const succession = { now, graceMs: this.graceMs, used: tokenHash };
      const moved = current.version !== null && current.version !== version;
      const message = moved
        ? `The partner moved from ${current.version} to ${version}, with new tokens`
        : `The partner ${token.use === 'spent' ? 'repeated its registration' : kind === 'register' ? 'registered' : 'renewed the tokens'}`;
      return {
        partner: agreed(current, agreement, succession),
        told,
        happened: done({ action, cause, version, calls }, message),
      };
    });
    return { partner, token: issued.token };
  }

  private get graceMs(): number {
    return this.config.VOLTAP_CREDENTIALS_TOKEN_GRACE_SECONDS * 1000;
  }
}

function agreedToken({ tokens }: Partner): string | undefined {
  return tokens.find(({ use }) => use === 'current')?.hash;
}

function alreadyUsed(): VoltapError {
  return new VoltapError('unauthorized', 'This token opens nothing any more');
}

function outrun(): VoltapError {
  return new VoltapError('unavailable', 'Another exchange of yours was faster; read your credentials and try again');
}
