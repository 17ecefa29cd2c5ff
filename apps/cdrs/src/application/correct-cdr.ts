import { Injectable } from '@nestjs/common';
import { cdrCreated } from '@voltap/contracts/events';
import { Clock, decimal, event, Ids, objectKey, type Party, VoltapError } from '@voltap/kernel';
import type { Cdr, ChargingPeriod } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { type Correction, correctedCdr, creditOf } from '../domain/correct-cdr.js';
import { CdrRepository, type StoredCdr } from '../store/cdr-repository.js';
import { CompareWithBackEnd } from './compare-with-back-end.js';

export interface Correcting {
  readonly reason: string;
  readonly by: string;
  /** null: the charge is free. */
  readonly correction: Correction | null;
}

function reserves({ dimensions }: ChargingPeriod): boolean {
  return dimensions.some(({ type }) => type === 'RESERVATION_TIME');
}

export interface Corrected {
  readonly credit: StoredCdr;
  readonly corrected: StoredCdr | null;
}

/** A CDR never changes: what was billed wrongly is credited, and billed anew where something is owed (CDR-08). */
@Injectable()
export class CorrectCdr {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly cdrs: CdrRepository,
    private readonly compareWithBackEnd: CompareWithBackEnd,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /**
   * Once: the same again gives what was made then.
   * @throws VoltapError not_found; conflict for a CDR that is a credit, or whose reserved time would have to be priced again.
   */
  async execute(party: Party, id: string, { reason, by, correction }: Correcting): Promise<Corrected> {
    return this.database.transaction(async (transaction) => {
      const original = await this.cdrs.lock(transaction, party, id);
      if (original === null) throw new VoltapError('not_found', `There is no CDR ${id} of this party.`);
      if (original.content.credit === true) {
        throw new VoltapError('conflict', `CDR ${id} is a credit itself; correct the CDR that it credits.`);
      }
      const earlier = await this.cdrs.correction(transaction, original);
      if (earlier !== null) return this.madeThen(transaction, party, earlier);
      if (correction !== null && original.content.charging_periods.some(reserves)) {
        throw new VoltapError(
          'conflict',
          `CDR ${id} bills time of a reservation, which a correction cannot price again; credit it in full and bill by another way.`,
        );
      }
      const partnerId = this.cdrs.partnerOf(original);
      await this.cdrs.supersede(transaction, original);
      const credit = await this.store(transaction, creditOf(original.content), partnerId, []);
      await this.cdrs.supersede(transaction, credit);
      const made = correction === null ? null : correctedCdr(original.content, correction, this.ids.next<string>());
      const corrected =
        made === null ? null : await this.store(transaction, made.cdr, partnerId, made.lines, correction?.timeZone);
      const note = { creditId: credit.id, correctedId: corrected?.id ?? null, reason, by, at: this.clock.now() };
      await this.cdrs.noteCorrection(transaction, original, note);
      const { session_id } = original.content;
      if (session_id !== undefined) await this.compareWithBackEnd.again(transaction, party, session_id);
      return { credit, corrected };
    });
  }

  private async madeThen(
    transaction: Transaction,
    party: Party,
    { creditId, correctedId }: { readonly creditId: string; readonly correctedId: string | null },
  ): Promise<Corrected> {
    const credit = await this.cdrs.findWithin(transaction, party, creditId);
    if (credit === null) throw new Error(`the credit ${creditId} is gone`);
    return {
      credit,
      corrected: correctedId === null ? null : await this.cdrs.findWithin(transaction, party, correctedId),
    };
  }

  private async store(
    transaction: Transaction,
    cdr: Cdr,
    partnerId: string | null,
    lines: ReturnType<typeof correctedCdr>['lines'],
    timeZone: string | null = null,
  ): Promise<StoredCdr> {
    const stored = await this.cdrs.insert(transaction, cdr, partnerId, timeZone);
    const { total_cost } = cdr;
    const totalWithTaxes = (total_cost.taxes ?? [])
      .reduce((sum, tax) => sum.plus(decimal(tax.amount)), decimal(total_cost.before_taxes))
      .toString();
    await this.outbox.add(
      transaction,
      event(cdrCreated, {
        key: objectKey(cdr, cdr.id),
        revision: stored.revision,
        payload: { partnerId, cdr: stored.content, lines, totalWithTaxes, timeZone: timeZone ?? 'UTC' },
      }),
    );
    return stored;
  }
}
