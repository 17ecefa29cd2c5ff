import { Controller } from '@nestjs/common';
import {
  credentialsEndpoints,
  type PartnerRecord,
  type PartnerWithToken,
  partnerSchema,
} from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { ownVersionsUrl } from '../application/describe-own-side.js';
import { OpenConnection } from '../application/open-connection.js';
import { ReissueTokenA } from '../application/reissue-token-a.js';
import { SetSuspension } from '../application/set-suspension.js';
import type { StoredPartner } from '../domain/partner.js';
import { PartnerRepository } from '../store/partner-repository.js';

/** Partners for the operator. */
@Controller()
export class PartnersBackOfficeController {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly openConnection: OpenConnection,
    private readonly reissueTokenA: ReissueTokenA,
    private readonly setSuspension: SetSuspension,
  ) {}

  @RestEndpoint(credentialsEndpoints.create)
  async create(
    @RestRequest() { body, operator }: RestRequestOf<typeof credentialsEndpoints.create>,
  ): Promise<PartnerWithToken> {
    const { partner, tokenA } = await this.openConnection.execute(body);
    return { ...recordOf(partner, operator.publicUrl), tokenA };
  }

  @RestEndpoint(credentialsEndpoints.list)
  async list(
    @RestRequest() { query, operator }: RestRequestOf<typeof credentialsEndpoints.list>,
  ): Promise<{ items: PartnerRecord[]; next: string | null }> {
    const after = decodeCursor(query.cursor)?.id;
    const { items, more } = await this.partners.list(query.limit, after === undefined ? undefined : String(after));
    const last = items.at(-1);
    return {
      items: items.map((partner) => recordOf(partner, operator.publicUrl)),
      next: more && last !== undefined ? encodeCursor({ id: last.id }) : null,
    };
  }

  @RestEndpoint(credentialsEndpoints.read)
  async read(
    @RestRequest() { params, operator }: RestRequestOf<typeof credentialsEndpoints.read>,
  ): Promise<PartnerRecord> {
    const id = pathParameter(params, 'id');
    const partner = await this.partners.find(id);
    if (partner === null) throw new VoltapError('not_found', `There is no partner ${id}.`);
    return recordOf(partner, operator.publicUrl);
  }

  @RestEndpoint(credentialsEndpoints.issueTokenA)
  async issueTokenA(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.issueTokenA>,
  ): Promise<PartnerWithToken> {
    const { partner, tokenA } = await this.reissueTokenA.execute(pathParameter(params, 'id'), body.endRegistration);
    return { ...recordOf(partner, operator.publicUrl), tokenA };
  }

  @RestEndpoint(credentialsEndpoints.suspend)
  async suspend(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.suspend>,
  ): Promise<PartnerRecord> {
    const partner = await this.setSuspension.execute(pathParameter(params, 'id'), body.suspended);
    return recordOf(partner, operator.publicUrl);
  }
}

/** What the operator reads of a partner: no token, sealed or not. */
function recordOf(partner: StoredPartner, publicUrl: string): PartnerRecord {
  return partnerSchema.parse({
    ...partner,
    versionsUrl: ownVersionsUrl(publicUrl),
    createdAt: partner.createdAt.toISOString(),
    updatedAt: partner.updatedAt.toISOString(),
  });
}
