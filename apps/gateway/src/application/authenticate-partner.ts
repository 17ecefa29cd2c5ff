import { Inject, Injectable } from '@nestjs/common';
import { Clock, partyKey, VoltapError } from '@voltap/kernel';
import type { PartnerCaller } from '@voltap/ocpi/server';
import { decodeToken, tokenOfHeader } from '@voltap/ocpi/transport';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { Database } from '@voltap/platform/persistence';
import { CALLER_HEADER, CallerSignature, Sealer } from '@voltap/platform/security';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { type DirectoryEntry, PartnerDirectory } from '../store/partner-directory.js';
import { quirksOf } from './partner-connections.js';

const ASK_TIMEOUT_MS = 3_000;

/** Finds the partner behind an `Authorization` header (TRN-01..08). Tokens are compared as keyed hashes. */
@Injectable()
export class AuthenticatePartner {
  private readonly callerHeader: Record<string, string>;

  constructor(
    private readonly directory: PartnerDirectory,
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    signature: CallerSignature,
    @Inject(SERVICE_ADDRESSES) private readonly addresses: ServiceAddresses,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {
    this.callerHeader = { [CALLER_HEADER]: signature.sign({ kind: 'gateway' }) };
  }

  /** @throws VoltapError unauthorized. */
  async execute(authorization: string | undefined): Promise<PartnerCaller> {
    const encoded = tokenOfHeader(authorization);
    if (encoded === undefined) throw unauthorized('Authorization: Token <Base64 of the credentials token> is needed');
    for (const plain of [false, true]) {
      const token = decodeToken(encoded, plain);
      if (token === undefined) continue;
      const caller = await this.callerOf(this.sealer.hash(token), plain);
      if (caller !== null) return caller;
    }
    throw unauthorized('the credentials token is not known');
  }

  /** Whether the token may come as it is, not in Base64, is a setting of the partner (TRN-06); never guessed. */
  private async callerOf(hash: string, plain: boolean): Promise<PartnerCaller | null> {
    const entry = (await this.directory.findByTokenHash(hash)) ?? (await this.askCredentials(hash));
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
      roles: partner.roles.map(({ role, country_code, party_id }) => ({ role, country_code, party_id })),
      parties: partner.parties.map(partyKey),
      publicUrl: this.config.VOLTAP_PUBLIC_URL,
    };
  }

  /** The directory follows by events and may be a moment behind: what it does not know is asked of the owner. */
  private async askCredentials(hash: string): Promise<DirectoryEntry | null> {
    let response: Response;
    try {
      response = await fetch(`${this.addresses.credentials}/internal/partners/by-token-hash/${hash}`, {
        headers: this.callerHeader,
        signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      });
    } catch (cause) {
      throw new VoltapError('unavailable', 'The token cannot be checked right now; try again.', { cause });
    }
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) throw new VoltapError('unavailable', 'The token cannot be checked right now; try again.');
    const entry = (await response.json()) as DirectoryEntry;
    await this.database.transaction((transaction) => this.directory.apply(transaction, entry.revision, entry.partner));
    return this.directory.findByTokenHash(hash);
  }
}

function unauthorized(message: string): VoltapError {
  return new VoltapError('unauthorized', message);
}
