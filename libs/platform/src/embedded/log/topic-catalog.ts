import { VoltapError } from '@voltap/kernel';
import type { Pool } from 'pg';
import type { TopicDefinition } from '../../messaging/event-bus.js';

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
         insert into topics (name, partitions, compacted)
         select name, partitions, compacted from unnest($1::text[], $2::int[], $3::bool[]) as t (name, partitions, compacted)
         order by name
         on conflict (name) do nothing
         returning name, partitions
       )
       insert into partitions (topic, number)
       select name, number from added, generate_series(0, partitions - 1) as number
       order by name, number`,
      [names, counts, definitions.map(({ compacted }) => compacted)],
    );
    const { rows } = await this.pool.query<{ name: string; partitions: number; compacted: boolean }>(
      'select name, partitions, compacted from topics where name = any($1)',
      [names],
    );
    const existing = new Map(rows.map((row) => [row.name, row]));
    for (const wanted of definitions) {
      const found = existing.get(wanted.topic);
      if (found === undefined || (found.partitions === wanted.partitions && found.compacted === wanted.compacted))
        continue;
      throw new VoltapError(
        'conflict',
        `Topic ${wanted.topic} exists with ${describe(found)}, but ${describe(wanted)} are wanted; partitions are permanent, so use another topic name.`,
      );
    }
    await this.load();
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

function describe(topic: { readonly partitions: number; readonly compacted: boolean }): string {
  return `${topic.partitions} partitions, ${topic.compacted ? 'compacted' : 'not compacted'}`;
}
