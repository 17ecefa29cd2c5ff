import { VoltapError } from '@voltap/kernel';
import type { Pool } from 'pg';
import type { TopicDefinition } from '../../messaging/event-bus.js';
import { assertSameTopic } from '../../messaging/topic-settings.js';

export interface LogPartition {
  readonly id: number;
  readonly topic: string;
  readonly number: number;
}

/** The topics of the log, cached: what is known of a topic never changes. */
export class TopicCatalog {
  private readonly topics = new Map<string, readonly LogPartition[]>();

  constructor(private readonly pool: Pool) {}

  async ensure(definitions: readonly TopicDefinition[]): Promise<void> {
    const names = definitions.map(({ topic }) => topic);
    const counts = definitions.map(({ partitions }) => partitions);
    await this.pool.query(
      `with added as (
         insert into topics (name, partitions, compacted, retention_ms)
         select name, partitions, compacted, retention_ms
         from unnest($1::text[], $2::int[], $3::bool[], $4::bigint[]) as t (name, partitions, compacted, retention_ms)
         order by name
         on conflict (name) do nothing
         returning name, partitions
       )
       insert into partitions (topic, number)
       select name, number from added, generate_series(0, partitions - 1) as number
       order by name, number`,
      [
        names,
        counts,
        definitions.map(({ compacted }) => compacted),
        definitions.map(({ retentionMs }) => retentionMs ?? null),
      ],
    );
    const existing = await this.describe(names);
    for (const wanted of definitions) {
      const found = existing.get(wanted.topic);
      if (found !== undefined) assertSameTopic(found, wanted);
    }
    await this.load();
  }

  /** Those that exist. */
  async describe(names: readonly string[]): Promise<Map<string, TopicDefinition>> {
    const { rows } = await this.pool.query<Omit<TopicDefinition, 'retentionMs'> & { retention_ms: string | null }>(
      'select name as topic, partitions, compacted, retention_ms from topics where name = any($1)',
      [names],
    );
    return new Map(
      rows.map(({ topic, partitions, compacted, retention_ms }) => [
        topic,
        { topic, partitions, compacted, ...(retention_ms === null ? {} : { retentionMs: Number(retention_ms) }) },
      ]),
    );
  }

  /** @throws VoltapError unavailable when the topic does not exist (yet) */
  async partitionsOf(topic: string): Promise<readonly LogPartition[]> {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    await this.load();
    const found = this.topics.get(topic);
    if (found !== undefined) return found;
    throw new VoltapError('unavailable', `Topic ${topic} does not exist; ensureTopics must have named it before.`);
  }

  private async load(): Promise<void> {
    const { rows } = await this.pool.query<LogPartition>(
      'select id, topic, number from partitions order by topic, number',
    );
    for (const [topic, partitions] of Map.groupBy(rows, (row) => row.topic)) this.topics.set(topic, partitions);
  }
}
