import { Jobs } from '@voltap/platform/jobs';
import { Database, Leases, openDataSource } from '@voltap/platform/persistence';
import {
  type Pull,
  type PullCounts,
  type Pulled,
  PullSchedule,
  Sightings,
  SourcePulls,
} from '@voltap/platform/pulling';
import { createLogger, Metrics } from '@voltap/platform/telemetry';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Pulls1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...PullSchedule.ddl, ...Sightings.ddl]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sighting', 'source_pull']) await runner.query(`drop table ${table}`);
  }
}

export interface Replica {
  readonly database: Database;
  readonly schedule: PullSchedule;
  readonly pulls: SourcePulls<PullCounts>;
  /** Begins to pull by the clock. */
  start(): void;
  stop(): Promise<void>;
}

/** A process that pulls sources from a database that it may share with others. */
export async function openReplica(
  url: string,
  owner: string,
  pull: (pull: Pull) => Promise<Pulled>,
  leaseMs?: number,
): Promise<Replica> {
  const database = new Database(
    await openDataSource({ url, poolSize: 4, applicationName: owner }, [Pulls1764000000001], []),
  );
  const logger = createLogger({ level: 'silent', service: owner });
  const jobs = new Jobs(logger, new Metrics(owner, logger));
  const schedule = new PullSchedule(database);
  const pulls = new SourcePulls({ jobs, leases: new Leases(database), schedule, logger, owner, leaseMs, pull });
  pulls.start();
  return {
    database,
    schedule,
    pulls,
    start: () => jobs.start(),
    stop: async () => {
      await pulls.stop();
      await jobs.stop();
      await database.dataSource.destroy();
    },
  };
}
