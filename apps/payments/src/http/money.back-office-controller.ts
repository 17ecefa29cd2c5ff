import { Controller } from '@nestjs/common';
import {
  moneyEndpoints,
  type PayoutImportView,
  type PayoutMapping,
  type PayoutView,
  type PeriodEntryView,
  type PeriodView,
} from '@voltap/contracts/back-office';
import { Clock, decimal, parsePartyKey, partyKey, partyOf, VoltapError } from '@voltap/kernel';
import {
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { ClosePeriod } from '../application/close-period.js';
import { ImportPayouts } from '../application/import-payouts.js';
import { MatchPayouts } from '../application/match-payouts.js';
import { AccountingRepository, type Period, type Subtotal } from '../store/accounting-repository.js';
import { type Payout, PayoutRepository } from '../store/payout-repository.js';

const payoutPosition = z.object({ importId: z.uuid(), line: z.number().int() });
const entryPosition = z.object({ after: z.tuple([z.string(), z.string(), z.string()]) });
const periodPosition = z.object({ below: z.number().int() });

/** The books, for the operator's finance desk. */
@Controller()
export class MoneyBackOfficeController {
  constructor(
    private readonly payouts: PayoutRepository,
    private readonly books: AccountingRepository,
    private readonly importPayouts: ImportPayouts,
    private readonly matchPayouts: MatchPayouts,
    private readonly closePeriod: ClosePeriod,
    private readonly clock: Clock,
  ) {}

  @RestEndpoint(moneyEndpoints.listPayoutMappings)
  async mappings(): Promise<{ items: { name: string; mapping: PayoutMapping }[] }> {
    return { items: await this.payouts.mappings() };
  }

  @RestEndpoint(moneyEndpoints.putPayoutMapping)
  async putMapping(
    @RestRequest() { params, body }: RestRequestOf<typeof moneyEndpoints.putPayoutMapping>,
  ): Promise<PayoutMapping> {
    await this.payouts.putMapping(pathParameter(params, 'name'), body);
    return body;
  }

  @RestEndpoint(moneyEndpoints.importPayouts)
  async import(
    @RestRequest() { params, query, stream }: RestRequestOf<typeof moneyEndpoints.importPayouts>,
  ): Promise<PayoutImportView> {
    const { counts, importedAt, ...made } = await this.importPayouts.execute(pathParameter(params, 'mapping'), stream, {
      fileName: query.fileName,
      importedBy: query.by,
    });
    const count = (state: Payout['state']): number => counts.get(state) ?? 0;
    return {
      ...made,
      importedAt: importedAt.toISOString(),
      matched: count('MATCHED'),
      ambiguous: count('AMBIGUOUS'),
      unmatched: count('UNMATCHED'),
      waiting: count('NEW'),
    };
  }

  @RestEndpoint(moneyEndpoints.listPayouts)
  async listPayouts(
    @RestRequest() { query }: RestRequestOf<typeof moneyEndpoints.listPayouts>,
  ): Promise<{ items: PayoutView[]; next: string | null }> {
    const { limit, state, importId, cursor } = query;
    const after = decodePosition(payoutPosition, cursor);
    const rows = await this.payouts.list({ limit: limit + 1, state, importId, after });
    return page(rows, limit, payoutView, ({ importId: of, line }) => ({ importId: of, line }));
  }

  @RestEndpoint(moneyEndpoints.matchPayout)
  async match(@RestRequest() { params, body }: RestRequestOf<typeof moneyEndpoints.matchPayout>): Promise<PayoutView> {
    const { authorization_reference, partnerId, by } = body;
    const id = pathParameter(params, 'id');
    return payoutView(await this.matchPayouts.assign(id, authorization_reference, partnerId, by));
  }

  @RestEndpoint(moneyEndpoints.dismissPayout)
  async dismiss(
    @RestRequest() { params, body }: RestRequestOf<typeof moneyEndpoints.dismissPayout>,
  ): Promise<PayoutView> {
    return payoutView(await this.matchPayouts.dismiss(pathParameter(params, 'id'), body.reason, body.by));
  }

  @RestEndpoint(moneyEndpoints.listPeriods)
  async listPeriods(
    @RestRequest() { params, query }: RestRequestOf<typeof moneyEndpoints.listPeriods>,
  ): Promise<{ items: PeriodView[]; next: string | null }> {
    const party = partyKey(partyParameter(params));
    const below = decodePosition(periodPosition, query.cursor)?.below;
    const rows = await this.books.list(party, query.limit + 1, below);
    const { items, next } = page(
      rows,
      query.limit,
      (row) => row,
      ({ number }) => ({ below: number }),
    );
    return { items: await Promise.all(items.map((period) => this.closed(period))), next };
  }

  @RestEndpoint(moneyEndpoints.readPeriod)
  async readPeriod(
    @RestRequest() { params, query }: RestRequestOf<typeof moneyEndpoints.readPeriod>,
  ): Promise<PeriodView> {
    const party = partyKey(partyParameter(params));
    if (pathParameter(params, 'number') !== 'open') return this.closed(await this.period(params));
    const endsAt = query.endsAt === undefined ? this.clock.now() : new Date(query.endsAt);
    const [subtotals, last] = await Promise.all([this.books.open(party, endsAt), this.books.list(party, 1)]);
    const period = { party, number: (last[0]?.number ?? 0) + 1, endsAt, closedAt: null, closedBy: null };
    return periodView(period, subtotals, await this.books.unassigned());
  }

  @RestEndpoint(moneyEndpoints.listPeriodEntries)
  async listEntries(
    @RestRequest() { params, query }: RestRequestOf<typeof moneyEndpoints.listPeriodEntries>,
  ): Promise<{ items: PeriodEntryView[]; next: string | null }> {
    const { party, number } = await this.period(params);
    const after = decodePosition(entryPosition, query.cursor)?.after;
    const rows = await this.books.entries(party, number, query.limit + 1, after);
    return page(
      rows,
      query.limit,
      (row) => row,
      ({ partnerId, authorization_reference, currency }) => ({
        after: [partnerId, authorization_reference.toUpperCase(), currency],
      }),
    );
  }

  @RestEndpoint(moneyEndpoints.closePeriod)
  async close(@RestRequest() { params, body }: RestRequestOf<typeof moneyEndpoints.closePeriod>): Promise<PeriodView> {
    const party = partyKey(partyParameter(params));
    return this.closed(await this.closePeriod.execute(party, new Date(body.endsAt), body.by));
  }

  private async period(params: Readonly<Record<string, string>>): Promise<Period> {
    const party = partyKey(partyParameter(params));
    const number = pathParameter(params, 'number');
    const period = /^\d{1,9}$/.test(number) ? await this.books.find(party, Number(number)) : null;
    if (period === null) throw new VoltapError('not_found', `There is no closed period ${number} of ${party}.`);
    return period;
  }

  private async closed(period: Period): Promise<PeriodView> {
    const subtotals = await this.books.subtotals(period.party, period.number);
    return periodView(period, subtotals, await this.books.unassigned());
  }
}

function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  position: (row: Row) => object,
): { items: Item[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(view),
    next: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null,
  };
}

function payoutView({ transactedAt, paidAt, candidates, ...payout }: Payout): PayoutView {
  return {
    ...payout,
    candidates: [...candidates],
    transactedAt: transactedAt?.toISOString() ?? null,
    paidAt: paidAt.toISOString(),
  };
}

type AnyPeriod = { readonly [Key in keyof Period]: Period[Key] | (Key extends 'closedAt' | 'closedBy' ? null : never) };

function periodView(
  { party, endsAt, closedAt, ...period }: AnyPeriod,
  subtotals: Subtotal[],
  unassigned: number,
): PeriodView {
  const { country_code, party_id } = partyOf(parsePartyKey(party));
  const byCurrency = Map.groupBy(subtotals, ({ currency }) => currency);
  return {
    country_code,
    party_id,
    ...period,
    endsAt: endsAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    totals: [...byCurrency].map(([currency, parts]) => totalOf(currency, parts)),
    subtotals,
    unassigned,
  };
}

function totalOf(currency: string, parts: readonly Subtotal[]): PeriodView['totals'][number] {
  const sum = (figure: 'billed' | 'captured' | 'writtenOff' | 'paidOut' | 'fees') =>
    parts.reduce((total, part) => total.plus(part[figure]), decimal(0));
  const [billed, captured, writtenOff] = [sum('billed'), sum('captured'), sum('writtenOff')];
  return {
    currency,
    charges: parts.reduce((total, { charges }) => total + charges, 0),
    corrections: parts.reduce((total, { corrections }) => total + corrections, 0),
    billed: billed.toString(),
    captured: captured.toString(),
    writtenOff: writtenOff.toString(),
    paidOut: sum('paidOut').toString(),
    fees: sum('fees').toString(),
    open: billed.minus(captured).minus(writtenOff).toString(),
  };
}
