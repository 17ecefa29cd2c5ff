import { Controller } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import { credentials, versions } from '@voltap/ocpi/endpoints';
import type { Credentials, Version, VersionDetails } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiHeaded, OcpiRequest, type OcpiRequestOf, withHeaders } from '@voltap/ocpi/server';
import { Sealer } from '@voltap/platform/security';
import { ownCredentials, versionDetailsFor, versionsFor } from '../application/describe-own-side.js';
import { EndRegistration } from '../application/end-registration.js';
import { ExchangeCredentials, type Exchanged } from '../application/exchange-credentials.js';
import { admitted } from '../domain/admission.js';
import type { Cause } from '../domain/partner-event.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { revisionHeader } from './revision-header.js';

type CredentialsRequest = OcpiRequestOf<typeof credentials.post>;

/** Versions, version details and credentials for partners (requirements VER and CRED), with Token A or Token C. */
@Controller()
export class CredentialsOcpiController {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly exchangeCredentials: ExchangeCredentials,
    private readonly endRegistration: EndRegistration,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
  ) {}

  @OcpiEndpoint(versions.list)
  async versions(@OcpiRequest() { caller }: OcpiRequestOf<typeof versions.list>): Promise<Version[]> {
    const { partner } = await this.callerOf(caller);
    return versionsFor(partner, caller.publicUrl);
  }

  @OcpiEndpoint(versions.details)
  async details(@OcpiRequest() { caller, version }: OcpiRequestOf<typeof versions.details>): Promise<VersionDetails> {
    const { partner } = await this.callerOf(caller);
    const details = versionDetailsFor(partner, version, caller.publicUrl);
    if (details === null) {
      throw new VoltapError('not_found', `Version ${version} is not offered; see the list of versions`);
    }
    return details;
  }

  /** Our side with the token that the caller has (CRED-13). */
  @OcpiEndpoint(credentials.get)
  async read(@OcpiRequest() { caller }: OcpiRequestOf<typeof credentials.get>): Promise<Credentials> {
    const { partner, token } = await this.callerOf(caller);
    return ownCredentials(partner, this.sealer.open(token.sealed), caller.publicUrl);
  }

  @OcpiEndpoint(credentials.post)
  async register(@OcpiRequest() request: CredentialsRequest): Promise<OcpiHeaded<Credentials>> {
    return this.exchange('register', request);
  }

  @OcpiEndpoint(credentials.put)
  async update(@OcpiRequest() request: CredentialsRequest): Promise<OcpiHeaded<Credentials>> {
    return this.exchange('update', request);
  }

  @OcpiEndpoint(credentials.delete)
  async unregister(
    @OcpiRequest() { caller, ids }: OcpiRequestOf<typeof credentials.delete>,
  ): Promise<OcpiHeaded<undefined>> {
    const partner = await this.endRegistration.execute(caller.partnerId, tokenOf(caller), causeOf(ids));
    return withHeaders(undefined, revisionHeader(partner));
  }

  private async exchange(
    kind: 'register' | 'update',
    { caller, version, body, ids }: CredentialsRequest,
  ): Promise<OcpiHeaded<Credentials>> {
    const { partnerId, publicUrl } = caller;
    const { partner, token }: Exchanged = await this.exchangeCredentials.execute(kind, {
      partnerId,
      tokenHash: tokenOf(caller),
      version,
      peer: body,
      publicUrl,
      cause: causeOf(ids),
    });
    return withHeaders(ownCredentials(partner, token, publicUrl), revisionHeader(partner));
  }

  private async callerOf(caller: CredentialsRequest['caller']) {
    const partner = await this.partners.find(caller.partnerId);
    return admitted(partner, 'read', { hash: tokenOf(caller), now: this.clock.now() });
  }
}

/** @throws VoltapError unauthorized when the gateway did not say by which token it let the partner in. */
function tokenOf({ tokenHash }: CredentialsRequest['caller']): string {
  if (tokenHash === undefined) throw new VoltapError('unauthorized', 'A known credentials token is needed');
  return tokenHash;
}

function causeOf({ requestId, correlationId }: CredentialsRequest['ids']): Cause {
  return { by: 'partner', requestId, correlationId };
}
