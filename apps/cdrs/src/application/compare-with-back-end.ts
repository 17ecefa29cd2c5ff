import { Inject, Injectable } from '@nestjs/common';
import { Clock, type Party, VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { compareCdr, type StatedCdr } from '../domain/compare-cdr.js';
import { BackEndCdrRepository, type StoredBackEndCdr } from '../store/back-end-cdr-repository.js';
import { CdrRepository } from '../store/cdr-repository.js';

/**
 * A back-end hands in a CDR of its own. It is compared with ours, whichever comes first, and again when ours is corrected;
 * what differs is flagged with its cause. Nothing waits for that: ours is what the partner gets.
 */
@Injectable()
export class CompareWithBackEnd {
  constructor(
    private readonly database: Database,
    private readonly cdrs: CdrRepository,
    private readonly backEndCdrs: BackEndCdrRepository,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The same session again: the later statement counts. @throws VoltapError invalid_parameter when it contradicts itself. */
  async receive(party: Party, sessionId: string, stated: StatedCdr): Promise<StoredBackEndCdr> {
    return this.database.transaction(async (transaction) => {
      await this.cdrs.lockSession(transaction, party, sessionId);
      const receivedAt = this.clock.now();
      await this.backEndCdrs.put(transaction, party, sessionId, { stated, receivedAt });
      const books = await this.cdrs.inTheBooks(transaction, party, sessionId);
      if (books !== null) {
        const comparison = compareCdr(stated, books.cdr, books.timeZone);
        const cdrId = books.cdr?.id ?? null;
        await this.backEndCdrs.noteComparison(transaction, party, sessionId, { cdrId, comparison, problem: null });
      }
      return this.backEndCdrs.existing(transaction, party, sessionId);
    });
  }

  /** After ours was made or corrected. A statement that cannot be compared holds nothing up. */
  async again(transaction: Transaction, party: Party, sessionId: string): Promise<void> {
    await this.cdrs.lockSession(transaction, party, sessionId);
    const known = await this.backEndCdrs.find(transaction, party, sessionId);
    const books = known === null ? null : await this.cdrs.inTheBooks(transaction, party, sessionId);
    if (known === null || books === null) return;
    const cdrId = books.cdr?.id ?? null;
    try {
      const comparison = compareCdr(known.stated, books.cdr, books.timeZone);
      await this.backEndCdrs.noteComparison(transaction, party, sessionId, { cdrId, comparison, problem: null });
    } catch (error) {
      if (!(error instanceof VoltapError)) throw error;
      this.logger.warn({ error, sessionId }, "a back-end's CDR cannot be compared");
      const problem = error.message;
      await this.backEndCdrs.noteComparison(transaction, party, sessionId, { cdrId, comparison: null, problem });
    }
  }
}
