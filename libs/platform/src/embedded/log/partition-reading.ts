import type { Pool } from 'pg';
import type { ConsumedRecord, ReadToEndOptions } from '../../messaging/event-bus.js';
import { orUnavailable } from './connections.js';
import type { LogPartition } from './topic-catalog.js';

const RECORDS_PER_FETCH = 500;

interface Fetched {
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | null;
}

/** Reads partitions one after the other up to where they ended at the call. */
export async function readPartitions(
  pool: Pool,
  partitions: readonly LogPartition[],
  { handleBatch, signal }: ReadToEndOptions,
): Promise<void> {
  const ends = await endsOf(pool, partitions);
  let later = ends.reduce((sum, { end }) => sum + end, 0);
  for (const { partition, end } of ends) {
    later -= end;
    let position = 0;
    while (position < end) {
      signal?.throwIfAborted();
      const rows = await fetch(pool, partition, position, end);
      const last = rows.at(-1);
      if (last === undefined) break;
      position = Number(last.offset) + 1;
      const records = rows.map(
        (row): ConsumedRecord => ({ topic: partition.topic, partition: partition.number, ...row }),
      );
      await handleBatch(records, end - position + later);
    }
  }
}

async function endsOf(pool: Pool, partitions: readonly LogPartition[]) {
  const { rows } = await orUnavailable(
    'Reading a topic',
    pool.query<{ id: number; end: string }>('select id, next_offset as end from partitions where id = any($1)', [
      partitions.map(({ id }) => id),
    ]),
  );
  const ends = new Map(rows.map(({ id, end }) => [id, Number(end)]));
  return partitions.map((partition) => ({ partition, end: ends.get(partition.id) ?? 0 }));
}

async function fetch(pool: Pool, partition: LogPartition, position: number, end: number): Promise<Fetched[]> {
  const { rows } = await orUnavailable(
    `Reading ${partition.topic}`,
    pool.query<Fetched>(
      `select "offset", key, headers, value from records
       where partition_id = $1 and "offset" >= $2 and "offset" < $3 order by "offset" limit $4`,
      [partition.id, position, end, RECORDS_PER_FETCH],
    ),
  );
  return rows;
}
