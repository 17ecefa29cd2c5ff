import { type EventMessage, VoltapError } from '@voltap/kernel';
import type { Database } from '../../persistence/database.js';
import type { Leases } from '../../persistence/leases.js';
import type { ProjectedRow, ProjectionSource, ProjectionTable } from '../../persistence/projections.js';
import type { Logger } from '../../telemetry/logger.js';
import type { ConsumedRecord, EventBus } from '../event-bus.js';
import { messageOf, payloadOf, UnreadableEvent } from '../event-reading.js';
import { ProjectionGenerations, type RebuildStatus, rebuildLease } from './projection-generations.js';

export interface ProjectionStatus {
  readonly name: string;
  /** Topics that it is made of. */
  readonly topics: readonly string[];
  readonly rows: number;
  /** Null: it was never rebuilt. */
  readonly rebuild: RebuildStatus | null;
}

export interface ProjectionRebuildsParts {
  readonly database: Database;
  readonly bus: EventBus;
  readonly leases: Leases;
  readonly logger: Logger;
  readonly projections: readonly ProjectionTable<object>[];
  /** Of this process. */
  readonly owner: string;
}

const LEASE_MS = 30_000;
const PROLONG_EVERY_MS = 10_000;

/** Builds projections anew from their topics while the service serves from the ones it has. */
export class ProjectionRebuilds {
  private readonly generations: ProjectionGenerations;
  private readonly running = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: ProjectionRebuildsParts) {
    this.generations = new ProjectionGenerations(parts.database);
  }

  async list(): Promise<ProjectionStatus[]> {
    return Promise.all(this.parts.projections.map((projection) => this.status(projection)));
  }

  /**
   * Begins to rebuild a projection, and returns; one that is being rebuilt already, here or by another replica, goes on.
   * @throws VoltapError not_found
   */
  async start(name: string): Promise<ProjectionStatus> {
    const projection = this.parts.projections.find(({ table }) => table === name);
    if (projection === undefined) {
      const names = this.parts.projections.map(({ table }) => table).join(', ');
      throw new VoltapError('not_found', `There is no projection ${name} here; there is ${names || 'none'}.`);
    }
    await this.begin(projection, true);
    return this.status(projection);
  }

  /** Waits for a rebuild that runs in this process. */
  async ended(name: string): Promise<void> {
    await this.running.get(name);
  }

  /** Fills what was never filled, without taking anything away: a service with an empty database. */
  readonly fill = async (): Promise<void> => {
    await this.generations.sweep();
    const unfilled = await this.generations.unfilled(this.parts.projections.map(({ table }) => table));
    for (const projection of this.parts.projections) {
      if (this.ending.signal.aborted) return;
      if (!unfilled.includes(projection.table) || this.running.has(projection.table)) continue;
      await this.begin(projection, false);
      await this.running.get(projection.table);
    }
  };

  /** Gives up what is running; the projections stay as they were. */
  async stop(): Promise<void> {
    this.ending.abort(new VoltapError('unavailable', 'The service stopped.'));
    await Promise.all(this.running.values());
  }

  /** Resolves when it has begun, or will not. One at a time for each projection. */
  private async begin(projection: ProjectionTable<object>, exact: boolean): Promise<void> {
    if (this.ending.signal.aborted || this.running.has(projection.table)) return;
    const begun = Promise.withResolvers<void>();
    const run = this.run(projection, exact, begun.resolve).finally(() => {
      this.running.delete(projection.table);
      begun.resolve();
    });
    this.running.set(projection.table, run);
    await begun.promise;
  }

  /** Does not throw: what goes wrong stands in the status and in the log. */
  private async run(projection: ProjectionTable<object>, exact: boolean, begun: () => void): Promise<void> {
    const { leases, logger, owner } = this.parts;
    const name = projection.table;
    const lease = rebuildLease(name);
    let generation: string | undefined;
    let prolong: NodeJS.Timeout | undefined;
    try {
      if (!(await leases.acquire(lease, owner, LEASE_MS))) return;
      prolong = setInterval(() => {
        leases
          .acquire(lease, owner, LEASE_MS)
          .catch((error: unknown) => logger.warn({ error, lease }, 'a lease waits'));
      }, PROLONG_EVERY_MS);
      generation = await this.generations.begin(name);
      begun();
      await this.readTopics(projection, generation);
      // Rows of a topic that forgets old events may be older than what it still holds.
      const complete = projection.sources.every(({ definition }) => definition.compacted);
      await this.generations.swap(name, generation, { removeOthers: exact && complete });
      logger.info({ projection: name }, 'a projection was rebuilt');
    } catch (error) {
      logger.error({ error, projection: name }, 'a projection was not rebuilt, and stays as it was');
      if (generation !== undefined) await this.failed(name, generation, error);
    } finally {
      clearInterval(prolong);
      if (generation !== undefined) await this.giveBack(lease);
    }
  }

  private async readTopics(projection: ProjectionTable<object>, generation: string): Promise<void> {
    const topics = Map.groupBy(projection.sources, ({ definition }) => definition.topic);
    for (const [topic, sources] of topics) {
      await this.parts.bus.readToEnd(topic, {
        signal: this.ending.signal,
        handleBatch: (records, left) => this.gather(projection.table, generation, sources, records, left),
      });
    }
    this.ending.signal.throwIfAborted();
  }

  private async failed(name: string, generation: string, error: unknown): Promise<void> {
    try {
      await this.generations.fail(name, generation, error instanceof Error ? error.message : String(error));
    } catch (failure) {
      this.parts.logger.warn({ error: failure, projection: name }, 'the status of a rebuild could not be written');
    }
  }

  private async giveBack(lease: string): Promise<void> {
    try {
      await this.parts.leases.release(lease, this.parts.owner);
    } catch (error) {
      this.parts.logger.warn({ error, lease }, 'a lease could not be given back, and runs out');
    }
  }

  private async gather(
    name: string,
    generation: string,
    sources: readonly ProjectionSource<object>[],
    records: readonly ConsumedRecord[],
    left: number,
  ): Promise<void> {
    const rows: ProjectedRow<object>[] = [];
    let unreadable = 0;
    for (const record of records) {
      try {
        const row = rowOf(sources, record);
        if (row !== null) rows.push(row);
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error;
        unreadable += 1;
      }
    }
    await this.generations.gather(name, generation, rows, { read: records.length, left, unreadable });
  }

  private async status(projection: ProjectionTable<object>): Promise<ProjectionStatus> {
    const { reader } = this.parts.database;
    return {
      name: projection.table,
      topics: [...new Set(projection.sources.map(({ definition }) => definition.topic))],
      rows: await this.generations.rows(reader, projection.table),
      rebuild: await this.generations.status(reader, projection.table),
    };
  }
}

/** @throws UnreadableEvent */
function rowOf(sources: readonly ProjectionSource<object>[], record: ConsumedRecord): ProjectedRow<object> | null {
  const message = messageOf(record);
  const source = sources.find(({ definition }) => definition.name === message.name);
  if (source === undefined) throw new UnreadableEvent(`${message.name} does not belong on ${record.topic}`);
  const read: EventMessage<unknown> = { ...message, payload: payloadOf(source.definition, message) };
  return source.project(read);
}
