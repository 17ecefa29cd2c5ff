import { Injectable } from '@nestjs/common';
import { partnerRegistered, partnerUpdated } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import type { Credentials, OcpiVersion } from '@voltap/ocpi/model';
import { Sealer } from '@voltap/platform/security';
import { admittedToChange, admittedToRegister } from '../domain/admission.js';
import { agreed, type InboundToken, type StoredPartner } from '../domain/partner.js';
import { checkPeerCredentials } from '../domain/peer-credentials.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { ChangePartner } from './change-partner.js';
import { InspectPartner } from './inspect-partner.js';
import { IssueToken } from './issue-token.js';

export interface ExchangeRequest {
  readonly partnerId: string;
  /** What the caller's token opens. */
  readonly scope: InboundToken['scope'];
  /** Of the URL: the one to agree on (CRED-02, CRED-11). */
  readonly version: OcpiVersion;
  readonly peer: Credentials;
}

export interface Exchanged {
  readonly partner: StoredPartner;
  /** Token C, in clear: for the answer. */
  readonly token: string;
}

const KINDS = {
  /** POST (CRED-01 to CRED-06). */
  register: { admit: admittedToRegister, told: partnerRegistered },
  /** PUT (CRED-09 to CRED-11, CRED-31). */
  update: { admit: admittedToChange, told: partnerUpdated },
} as const;

/**
 * The partner gives its credentials and gets ours. It is asked what it offers before anything is written; then all is
 * written at once, and the tokens of before die. So an exchange that fails leaves the tokens of before in force on both
 * sides (CRED-16, CRED-31), and of two at once the first to commit wins.
 */
@Injectable()
export class ExchangeCredentials {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly inspectPartner: InspectPartner,
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
    private readonly sealer: Sealer,
  ) {}

  /** @throws VoltapError as the partner shall see it: 401, 405, 2001, 3001, 3002, 3003. */
  async execute(kind: keyof typeof KINDS, { partnerId, scope, version, peer }: ExchangeRequest): Promise<Exchanged> {
    const { admit, told } = KINDS[kind];
    const before = await this.partners.find(partnerId);
    const token = admit(before, scope);
    if (before?.versions.includes(version) !== true) {
      throw new VoltapError('not_found', `Version ${version} is not offered; see the list of versions`);
    }
    checkPeerCredentials(peer);
    const endpoints = await this.inspectPartner.execute(before, peer, version);
    const issued = this.issueToken.execute('full');
    const partner = await this.changePartner.execute(partnerId, (current) => {
      // While we asked the partner, another exchange or the operator may have put an end to this token.
      if (admit(current, scope).hash !== token.hash) {
        throw new VoltapError('unauthorized', 'This token opens nothing any more');
      }
      const agreement = {
        version,
        versionsUrl: peer.url,
        roles: peer.roles,
        endpoints,
        inboundToken: issued.stored,
        outboundToken: this.sealer.seal(peer.token),
      };
      return { partner: agreed(current, agreement), told };
    });
    return { partner, token: issued.token };
  }
}
