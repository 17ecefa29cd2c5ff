import { Controller } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { credentials, versions } from '@voltap/ocpi/endpoints';
import type { Credentials, Version, VersionDetails } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiHeaded, OcpiRequest, type OcpiRequestOf, withHeaders } from '@voltap/ocpi/server';
import { Sealer } from '@voltap/platform/security';
import { ownCredentials, versionDetailsFor, versionsFor } from '../application/describe-own-side.js';
import { EndRegistration } from '../application/end-registration.js';
import { ExchangeCredentials, type Exchanged } from '../application/exchange-credentials.js';
import { admitted } from '../domain/admission.js';
import type { StoredPartner } from '../domain/partner.js';
import { PartnerRepository } from '../store/partner-repository.js';

type CredentialsRequest = OcpiRequestOf<typeof credentials.post>;

/** Versions, version details and credentials for partners (requirements VER and CRED), with Token A or Token C. */
@Controller()
export class CredentialsOcpiController {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly exchangeCredentials: ExchangeCredentials,
    private readonly endRegistration: EndRegistration,
    private readonly sealer: Sealer,
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
    @OcpiRequest() { caller }: OcpiRequestOf<typeof credentials.delete>,
  ): Promise<OcpiHeaded<undefined>> {
    return withHeaders(undefined, revisionHeader(await this.endRegistration.execute(caller.partnerId, caller.scope)));
  }

  private async exchange(
    kind: 'register' | 'update',
    { caller, version, body }: CredentialsRequest,
  ): Promise<OcpiHeaded<Credentials>> {
    const { partnerId, scope, publicUrl } = caller;
    const { partner, token }: Exchanged = await this.exchangeCredentials.execute(kind, {
      partnerId,
      scope,
      version,
      peer: body,
    });
    return withHeaders(ownCredentials(partner, token, publicUrl), revisionHeader(partner));
  }

  private async callerOf({ partnerId, scope }: CredentialsRequest['caller']) {
    const partner = await this.partners.find(partnerId);
    const token = admitted(partner, scope);
    if (partner === null) throw new VoltapError('unauthorized', 'This token opens nothing any more');
    return { partner, token };
  }
}

/** The gateway releases the answer when its directory of tokens has this revision. */
function revisionHeader({ id, revision }: StoredPartner): Record<string, string> {
  return { 'voltap-partner-revision': `${id} ${revision}` };
}
