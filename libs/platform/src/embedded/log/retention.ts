import type { Pool } from 'pg';

const ROWS_PER_STATEMENT = 5_000;

/**
 * Records older than the retention that every group of the topic has committed; of a compacted topic only tombstones.
 * The newest record of a partition always stays, so that reading up to the end is reading up to the counter.
 */
const EXPIRED = `
  delete from records where (partition_id, "offset") in (
    select r.partition_id, r."offset"
    from partitions p
    join topics t on t.name = p.topic
    cross join lateral (
      select coalesce(min(coalesce(o.next_offset, 0)), p.next_offset) as committed
      from group_topics gt left join group_offsets o on o.group_id = gt.group_id and o.partition_id = p.id
      where gt.topic = p.topic
    ) done
    join records r on r.partition_id = p.id
      and r."offset" < least(done.committed, p.next_offset - 1)
      and r.written_at < now() - coalesce(t.retention_ms, $1) * interval '1 millisecond'
    where not t.compacted or r.value is null
    limit $2
    for update of r skip locked
  )`;

const COMPACTABLE = `
  select p.id, p.next_offset from partitions p join topics t on t.name = p.topic
  where t.compacted and p.next_offset > p.compacted_to`;

/** Only keys that were written since the last time can have gained an older record. */
const COMPACT = `
  with newest as (
    select key, max("offset") as "offset" from records
    where partition_id = $1 and "offset" >= (select compacted_to from partitions where id = $1) and "offset" < $2
    group by key
  ), outdated as (
    delete from records r using newest
    where r.partition_id = $1 and r.key = newest.key and r."offset" < newest."offset"
  )
  update partitions set compacted_to = greatest(compacted_to, $2) where id = $1`;

/** Removes what nobody needs any more. Several processes may do so at once. */
export async function pruneLog(pool: Pool, retentionMs: number): Promise<void> {
  const compactable = await pool.query<{ id: number; next_offset: string }>(COMPACTABLE);
  for (const { id, next_offset } of compactable.rows) await pool.query(COMPACT, [id, next_offset]);
  for (;;) {
    const { rowCount } = await pool.query(EXPIRED, [retentionMs, ROWS_PER_STATEMENT]);
    if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return;
  }
}
