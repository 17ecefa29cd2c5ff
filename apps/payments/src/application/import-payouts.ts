import { Injectable } from '@nestjs/common';
import { Clock, Ids, VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import { type PayoutImport, PayoutRepository, type PayoutState } from '../store/payout-repository.js';
import { MatchPayouts } from './match-payouts.js';
import { PayoutFile, type PayoutLine } from './payout-file.js';

export interface ImportOutcome extends PayoutImport {
  readonly lines: number;
  readonly known: number;
  readonly counts: ReadonlyMap<PayoutState, number>;
}

const BATCH = 500;
/** Who imports sees what became of most files; the rest of a large one is matched afterwards. */
const MATCHED_AT_ONCE_MS = 20_000;

/** Takes an acquirer's file, all of it or nothing, whatever its size, and matches its lines. */
@Injectable()
export class ImportPayouts {
  constructor(
    private readonly database: Database,
    private readonly payouts: PayoutRepository,
    private readonly matchPayouts: MatchPayouts,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError not_found for the mapping; invalid_parameter by line and column; conflict for a file that came before. */
  async execute(
    mappingName: string,
    file: AsyncIterable<Uint8Array>,
    { fileName, importedBy }: { readonly fileName: string; readonly importedBy: string },
  ): Promise<ImportOutcome> {
    const mapping = await this.payouts.mapping(mappingName);
    if (mapping === null) {
      throw new VoltapError(
        'not_found',
        `There is no mapping ${mappingName}; PUT one to /payout-mappings/${mappingName}.`,
      );
    }
    const made = { id: this.ids.next(), mapping: mappingName, fileName, importedBy, importedAt: this.clock.now() };
    const payoutFile = new PayoutFile(mapping);
    const { lines, known } = await this.database.transaction(async (transaction) => {
      await this.payouts.beginImport(transaction, made);
      const counts = { lines: 0, known: 0 };
      let batch: PayoutLine[] = [];
      const flush = async (): Promise<void> => {
        const added = await this.payouts.add(transaction, made.id, mappingName, batch);
        counts.lines += added;
        counts.known += batch.length - added;
        batch = [];
      };
      for await (const line of payoutFile.lines(file)) {
        if (batch.push(line) >= BATCH) await flush();
      }
      if (batch.length > 0) await flush();
      const earlier = await this.payouts.endImport(transaction, made.id, payoutFile.digest());
      if (earlier !== null) {
        const when = earlier.importedAt.toISOString();
        throw new VoltapError(
          'conflict',
          `This file was imported before: ${earlier.fileName}, ${when}, by ${earlier.importedBy}.`,
        );
      }
      return counts;
    });
    await this.matchPayouts.run({ importId: made.id, forMs: MATCHED_AT_ONCE_MS });
    const counts = await this.payouts.counts(made.id);
    return { ...made, lines, known, counts: new Map(counts.map(({ state, count }) => [state, count])) };
  }
}
