import { Controller } from '@nestjs/common';
import { type BackEndCdrView, cdrsEndpoints, statedCdrSchema } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import {
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
  validate,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { CompareWithBackEnd } from '../application/compare-with-back-end.js';
import { BackEndCdrRepository } from '../store/back-end-cdr-repository.js';
import { backEndCdrView } from './back-end-cdr-view.js';

const positionSchema = z.object({ receivedAt: z.iso.datetime(), scope: z.string(), sessionId: z.string() });

/** CDRs of back-ends' own, from them and for the operator. */
@Controller()
export class BackEndCdrsController {
  constructor(
    private readonly database: Database,
    private readonly backEndCdrs: BackEndCdrRepository,
    private readonly compareWithBackEnd: CompareWithBackEnd,
  ) {}

  @RestEndpoint(cdrsEndpoints.putBackEndCdr)
  async put(
    @RestRequest() { params, body }: RestRequestOf<typeof cdrsEndpoints.putBackEndCdr>,
  ): Promise<BackEndCdrView> {
    const party = partyParameter(params);
    const sessionId = pathParameter(params, 'session_id');
    const { cdr } = validate(z.object({ cdr: statedCdrSchema }), body, '/');
    for (const [field, wanted] of Object.entries({ ...party, session_id: sessionId })) {
      const said = cdr[field as keyof typeof cdr];
      if (typeof said === 'string' && said.toUpperCase() !== wanted.toUpperCase()) {
        const violations = [{ pointer: `/cdr/${field}`, message: `is ${said}, and ${wanted} in the path` }];
        throw new VoltapError('invalid_parameter', `/cdr/${field} differs from the path.`, { violations });
      }
    }
    return backEndCdrView(await this.compareWithBackEnd.receive(party, sessionId, cdr));
  }

  @RestEndpoint(cdrsEndpoints.readBackEndCdr)
  async read(@RestRequest() { params }: RestRequestOf<typeof cdrsEndpoints.readBackEndCdr>): Promise<BackEndCdrView> {
    const sessionId = pathParameter(params, 'session_id');
    return backEndCdrView(await this.backEndCdrs.existing(this.database.reader, partyParameter(params), sessionId));
  }

  @RestEndpoint(cdrsEndpoints.listBackEndCdrs)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof cdrsEndpoints.listBackEndCdrs>,
  ): Promise<{ items: BackEndCdrView[]; next: string | null }> {
    const { state, cause, limit, cursor } = query;
    const after = decodePosition(positionSchema, cursor);
    const found = await this.backEndCdrs.list({ state, cause, limit: limit + 1, after });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const more = found.length > limit && last !== undefined;
    return {
      items: items.map(backEndCdrView),
      next: more
        ? encodeCursor({ receivedAt: last.receivedAt.toISOString(), scope: last.scope, sessionId: last.sessionId })
        : null,
    };
  }
}
