import { Inject, Injectable } from '@nestjs/common';
import { Clock, partyKey, VoltapError } from '@voltap/kernel';
import type { PartnerCaller } from '@voltap/ocpi/server';
import { decodeToken, tokenOfHeader } from '@voltap/ocpi/transport';
import { Sealer } from '@voltap/platform/security';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { AskCredentials } from './ask-credentials.js';
import { quirksOf } from './partner-connections.js';

/** How long a request waits for the end of the registration that gave its token, and how often it looks. */
const SETTLING_MS = 5_000;
const LOOK_EVERY_MS = 25;

/** Finds the partner behind an `Authorization` header (TRN-01..08). Tokens are compared as keyed hashes. */
@Injectable()
export class AuthenticatePartner {
  constructor(
    private readonly directory: PartnerDirectory,
    private readonly askCredentials: AskCredentials,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  /** @throws VoltapError unauthorized. */
  async execute(authorization: string | undefined): Promise<PartnerCaller> {
    const encoded = tokenOfHeader(authorization);
    if (encoded === undefined) throw unauthorized('Authorization: Token <Base64 of the credentials token> is needed');
    for (const plain of [false, true]) {
      const token = decodeToken(encoded, plain);
      if (token === undefined) continue;
      for (const hash of this.sealer.hashes(token)) {
        const caller = await this.callerOf(hash, plain);
        if (caller !== null) return caller;
      }
    }
    throw unauthorized('the credentials token is not known');
  }

  /**
   * The caller as it is once the registration that gave it its token has come to its end: a partner may call with it
   * the moment it has answered, and we are not done with its answer then (CRED-21).
   */
  async settled(caller: PartnerCaller): Promise<PartnerCaller> {
    const { tokenHash } = caller;
    if (caller.scope === 'full' || tokenHash === undefined) return caller;
    const end = this.clock.now().getTime() + SETTLING_MS;
    for (;;) {
      const entry = await this.directory.findByTokenHash(tokenHash);
      const token = entry?.partner.inboundTokens.find(({ hash }) => hash === tokenHash);
      if (entry === null || token === undefined) throw unauthorized('the credentials token is not known');
      if (token.settling !== true || this.clock.now().getTime() >= end) {
        return (await this.callerOf(tokenHash, quirksOf(entry.partner).plainToken)) ?? caller;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Whether the token may come as it is, not in Base64, is a setting of the partner (TRN-06); never guessed. */
  private async callerOf(hash: string, plain: boolean): Promise<PartnerCaller | null> {
    let entry = await this.directory.findByTokenHash(hash);
    if (entry === null && (await this.askCredentials.execute(hash))) entry = await this.directory.findByTokenHash(hash);
    if (entry === null) return null;
    const { partner } = entry;
    const token = partner.inboundTokens.find((candidate) => candidate.hash === hash);
    const expired = token?.expiresAt != null && Date.parse(token.expiresAt) <= this.clock.now().getTime();
    if (token === undefined || expired || partner.status === 'SUSPENDED') return null;
    if (quirksOf(partner).plainToken !== plain) return null;
    return {
      kind: 'partner',
      partnerId: partner.partnerId,
      version: partner.version,
      profile: partner.profile,
      quirks: partner.settings,
      scope: token.scope,
      tokenHash: hash,
      roles: partner.roles.map(({ role, country_code, party_id }) => ({ role, country_code, party_id })),
      parties: partner.parties.map(partyKey),
      publicUrl: this.config.VOLTAP_PUBLIC_URL,
    };
  }
}

function unauthorized(message: string): VoltapError {
  return new VoltapError('unauthorized', message);
}
