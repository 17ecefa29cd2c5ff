import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type FieldViolation, objectKey } from '@voltap/kernel';
import { type Location, locationFaults, locationSchema } from '@voltap/ocpi/model';
import { violationsOf } from '@voltap/ocpi/transport';
import { Database } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { withDefaultTariff } from '../domain/merge-location.js';
import { importRecords } from './import-records.js';
import { PutLocation, type PutOutcome } from './put-location.js';

export interface ImportSummary {
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  /** The first of the refused, each with what is wrong. */
  readonly refusals: readonly Refusal[];
}

interface Refusal {
  readonly index: number;
  readonly id: string | null;
  readonly violations: readonly FieldViolation[];
}

const BATCH = 50;
/** More refusals than these are counted, not listed. */
const LISTED_REFUSALS = 1000;

/**
 * A network as a JSON array or as NDJSON, of any size: read as a stream, written in batches. A record that OCPI could
 * not carry is refused with pointers while the others go in. The same import again changes nothing.
 */
@Injectable()
export class ImportLocations {
  constructor(
    private readonly database: Database,
    private readonly putLocation: PutLocation,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws VoltapError invalid_json when the stream breaks off; what came before it stays, and importing again is safe. */
  async execute(stream: Readable, format: 'array' | 'ndjson', tariffId: string | undefined): Promise<ImportSummary> {
    const counts = { received: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };
    const refusals: Refusal[] = [];
    const refuse = (index: number, id: string | null, violations: readonly FieldViolation[]): void => {
      counts.refused += 1;
      if (refusals.length < LISTED_REFUSALS) refusals.push({ index, id, violations });
    };
    let batch: Location[] = [];
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      const locations = batch;
      batch = [];
      for (const outcome of await this.store(locations)) counts[outcome] += 1;
    };
    try {
      for await (const record of importRecords(stream, format)) {
        const index = counts.received;
        counts.received += 1;
        if ('problem' in record) {
          refuse(index, null, [{ pointer: '', message: record.problem }]);
          continue;
        }
        const parsed = locationSchema.safeParse(record.value);
        if (!parsed.success) {
          refuse(index, idOf(record.value), violationsOf(parsed.error));
          continue;
        }
        const faults = locationFaults(parsed.data);
        if (faults.length > 0) {
          refuse(index, parsed.data.id, faults);
          continue;
        }
        batch.push(tariffId === undefined ? parsed.data : withDefaultTariff(parsed.data, tariffId));
        if (batch.length >= BATCH) await flush();
      }
    } finally {
      // What came before a break stays.
      await flush();
    }
    this.logger.info(counts, 'locations imported');
    return { ...counts, refusals };
  }

  /** In one order of keys, so that two imports at once do not wait for each other in a circle. */
  private async store(batch: readonly Location[]): Promise<PutOutcome[]> {
    const keyed = batch.map((location) => ({ location, key: objectKey(location, location.id) }));
    keyed.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
    return this.database.transaction(async (transaction) => {
      const outcomes: PutOutcome[] = [];
      for (const { location } of keyed) {
        const { outcome } = await this.putLocation.within(transaction, location);
        outcomes.push(outcome);
      }
      return outcomes;
    });
  }
}

function idOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' ? value.id : null;
}
