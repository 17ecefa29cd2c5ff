import { Controller, Res } from '@nestjs/common';
import {
  credentialsEndpoints,
  type PartnerEventRecord,
  type PartnerRecord,
  type PartnerWithToken,
  partnerEventSchema,
  partnerSchema,
} from '@voltap/contracts/back-office';
import { Clock, VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  type OperatorCaller,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { ChangeTerms } from '../application/change-terms.js';
import { ownVersionsUrl } from '../application/describe-own-side.js';
import { OpenConnection } from '../application/open-connection.js';
import { quirksOf } from '../application/partner-quirks.js';
import { ReissueTokenA } from '../application/reissue-token-a.js';
import { SetSuspension } from '../application/set-suspension.js';
import { StartExchange } from '../application/start-exchange.js';
import { UnregisterPartner } from '../application/unregister-partner.js';
import { alive } from '../domain/inbound-token.js';
import { exchanging, type StoredPartner } from '../domain/partner.js';
import type { Cause, PartnerEvent } from '../domain/partner-event.js';
import { PartnerEventRepository } from '../store/partner-events.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { REVISION_HEADER, revisionHeader } from './revision-header.js';

/** Where headers are put while the framework sends the value. */
interface Reply {
  header(name: string, value: string): unknown;
}

/** Partners for the operator. What changes one is answered when all replicas of the gateway go by it. */
@Controller()
export class PartnersBackOfficeController {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly events: PartnerEventRepository,
    private readonly openConnection: OpenConnection,
    private readonly changeTerms: ChangeTerms,
    private readonly reissueTokenA: ReissueTokenA,
    private readonly setSuspension: SetSuspension,
    private readonly startExchange: StartExchange,
    private readonly unregisterPartner: UnregisterPartner,
    private readonly clock: Clock,
  ) {}

  @RestEndpoint(credentialsEndpoints.create)
  async create(
    @RestRequest() { body, operator }: RestRequestOf<typeof credentialsEndpoints.create>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerWithToken> {
    const { tokenAHours, ...terms } = body;
    const { partner, tokenA } = await this.openConnection.execute(terms, causeOf(operator), tokenAHours);
    return { ...this.changed(partner, operator, reply), tokenA };
  }

  @RestEndpoint(credentialsEndpoints.list)
  async list(
    @RestRequest() { query, operator }: RestRequestOf<typeof credentialsEndpoints.list>,
  ): Promise<{ items: PartnerRecord[]; next: string | null }> {
    const after = decodeCursor(query.cursor)?.id;
    const { items, more } = await this.partners.list(query.limit, after === undefined ? undefined : String(after));
    const last = items.at(-1);
    return {
      items: items.map((partner) => this.recordOf(partner, operator.publicUrl)),
      next: more && last !== undefined ? encodeCursor({ id: last.id }) : null,
    };
  }

  @RestEndpoint(credentialsEndpoints.read)
  async read(
    @RestRequest() { params, operator }: RestRequestOf<typeof credentialsEndpoints.read>,
  ): Promise<PartnerRecord> {
    return this.recordOf(await this.found(pathParameter(params, 'id')), operator.publicUrl);
  }

  @RestEndpoint(credentialsEndpoints.changeTerms)
  async change(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.changeTerms>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerRecord> {
    const partner = await this.changeTerms.execute(pathParameter(params, 'id'), body, causeOf(operator));
    return this.changed(partner, operator, reply);
  }

  @RestEndpoint(credentialsEndpoints.history)
  async history(
    @RestRequest() { params, query }: RestRequestOf<typeof credentialsEndpoints.history>,
  ): Promise<{ items: PartnerEventRecord[]; next: string | null }> {
    const { id } = await this.found(pathParameter(params, 'id'));
    const before = decodeCursor(query.cursor)?.id;
    const page = await this.events.list(id, query.limit, before === undefined ? undefined : String(before));
    const last = page.items.at(-1);
    return {
      items: page.items.map(eventRecordOf),
      next: page.more && last !== undefined ? encodeCursor({ id: last.id }) : null,
    };
  }

  @RestEndpoint(credentialsEndpoints.register)
  async register(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.register>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerRecord> {
    const wish = { action: 'register', ...body, version: body.version } as const;
    return this.exchange(pathParameter(params, 'id'), wish, operator, reply);
  }

  @RestEndpoint(credentialsEndpoints.rotate)
  async rotate(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.rotate>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerRecord> {
    return this.exchange(pathParameter(params, 'id'), { action: 'rotate', version: body.version }, operator, reply);
  }

  @RestEndpoint(credentialsEndpoints.unregister)
  async unregister(
    @RestRequest() { params, operator }: RestRequestOf<typeof credentialsEndpoints.unregister>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerRecord> {
    const partner = await this.unregisterPartner.execute(pathParameter(params, 'id'), causeOf(operator));
    return this.changed(partner, operator, reply);
  }

  @RestEndpoint(credentialsEndpoints.issueTokenA)
  async issueTokenA(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.issueTokenA>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerWithToken> {
    const { partner, tokenA } = await this.reissueTokenA.execute(pathParameter(params, 'id'), body, causeOf(operator));
    return { ...this.changed(partner, operator, reply), tokenA };
  }

  @RestEndpoint(credentialsEndpoints.suspend)
  async suspend(
    @RestRequest() { params, body, operator }: RestRequestOf<typeof credentialsEndpoints.suspend>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<PartnerRecord> {
    const id = pathParameter(params, 'id');
    const partner = await this.setSuspension.execute(id, body.suspended, causeOf(operator));
    return this.changed(partner, operator, reply);
  }

  private async exchange(
    id: string,
    wish: Parameters<StartExchange['execute']>[1],
    operator: OperatorCaller,
    reply: Reply,
  ): Promise<PartnerRecord> {
    const partner = await this.startExchange.execute(id, wish, operator.publicUrl, causeOf(operator));
    return this.changed(partner, operator, reply);
  }

  private async found(id: string): Promise<StoredPartner> {
    const partner = await this.partners.find(id);
    if (partner === null) throw new VoltapError('not_found', `There is no partner ${id}.`);
    return partner;
  }

  private changed(partner: StoredPartner, operator: OperatorCaller, reply: Reply): PartnerRecord {
    reply.header(REVISION_HEADER, revisionHeader(partner)[REVISION_HEADER] ?? '');
    return this.recordOf(partner, operator.publicUrl);
  }

  /** What the operator reads of a partner: no token, sealed or not. */
  private recordOf({ versionsUrl, tokens, exchange, ...partner }: StoredPartner, publicUrl: string): PartnerRecord {
    const now = this.clock.now();
    return partnerSchema.parse({
      ...partner,
      effectiveSettings: quirksOf(partner),
      versionsUrl: ownVersionsUrl(publicUrl),
      partnerVersionsUrl: versionsUrl,
      tokens: alive(tokens, now).map(({ use, issuedAt, expiresAt }) => ({
        use,
        issuedAt: issuedAt.toISOString(),
        expiresAt: expiresAt?.toISOString() ?? null,
      })),
      exchange:
        exchange !== null && exchanging({ ...partner, versionsUrl, tokens, exchange }, now)
          ? { ...exchange, startedAt: exchange.startedAt.toISOString(), until: exchange.until.toISOString() }
          : null,
      createdAt: partner.createdAt.toISOString(),
      updatedAt: partner.updatedAt.toISOString(),
    });
  }
}

function causeOf({ keyId }: OperatorCaller): Cause {
  return { by: 'operator', keyId };
}

function eventRecordOf({ cause, at, ...event }: PartnerEvent): PartnerEventRecord {
  return partnerEventSchema.parse({
    ...event,
    at: at.toISOString(),
    by: cause.by,
    keyId: cause.by === 'operator' ? cause.keyId : null,
    requestId: cause.by === 'partner' ? cause.requestId : null,
    correlationId: cause.by === 'partner' ? cause.correlationId : null,
  });
}
