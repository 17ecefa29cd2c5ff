import { Controller } from '@nestjs/common';
import { type CdrView, cdrsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { CorrectCdr } from '../application/correct-cdr.js';
import { BackEndCdrRepository } from '../store/back-end-cdr-repository.js';
import { CdrRepository, type StoredCdr } from '../store/cdr-repository.js';
import { backEndCdrView } from './back-end-cdr-view.js';

/** CDRs, for the operator. */
@Controller()
export class CdrsBackOfficeController {
  constructor(
    private readonly cdrs: CdrRepository,
    private readonly correctCdr: CorrectCdr,
    private readonly backEndCdrs: BackEndCdrRepository,
  ) {}

  @RestEndpoint(cdrsEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof cdrsEndpoints.list>,
  ): Promise<{ items: CdrView[]; next: string | null }> {
    const { items, next } = await this.cdrs.list({
      scopes: await this.cdrs.scopes(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    return { items: await this.viewsOf(items), next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(cdrsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof cdrsEndpoints.read>): Promise<CdrView> {
    const id = pathParameter(params, 'id');
    const stored = await this.cdrs.find(partyParameter(params), id);
    const [view] = stored === null ? [] : await this.viewsOf([stored]);
    if (view === undefined) throw new VoltapError('not_found', `There is no CDR ${id} of this party.`);
    return view;
  }

  @RestEndpoint(cdrsEndpoints.correct)
  async correct(
    @RestRequest() { params, body }: RestRequestOf<typeof cdrsEndpoints.correct>,
  ): Promise<{ credit: CdrView; corrected: CdrView | null }> {
    const { credit, corrected } = await this.correctCdr.execute(partyParameter(params), pathParameter(params, 'id'), {
      ...body,
      correction: body.correction ?? null,
    });
    const [first, second] = await this.viewsOf(corrected === null ? [credit] : [credit, corrected]);
    if (first === undefined) throw new Error('no view of the credit');
    return { credit: first, corrected: second ?? null };
  }

  private async viewsOf(cdrs: readonly StoredCdr[]): Promise<CdrView[]> {
    const acceptances = await this.cdrs.acceptances(cdrs);
    const sessions = cdrs.map(({ scope, content }) => ({ scope, sessionId: content.session_id ?? '' }));
    const backEnd = await this.backEndCdrs.ofSessions(sessions);
    return cdrs.map((stored) => {
      const { scope, id, content } = stored;
      const own = backEnd.get(`${scope}*${(content.session_id ?? '').toUpperCase()}`);
      const acceptance = acceptances.get(`${scope}*${id}`);
      return {
        partnerId: this.cdrs.partnerOf(stored),
        acceptedAt: acceptance?.acceptedAt.toISOString() ?? null,
        location: acceptance?.location ?? null,
        cdr: content,
        backEnd: own === undefined ? null : backEndCdrView(own),
      };
    });
  }
}
