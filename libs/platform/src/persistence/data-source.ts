import { DataSource, type MigrationInterface } from 'typeorm';
import { MessagingInOperation1700000000001, PlatformTables1700000000000 } from './migrations.js';
import { QuerySpans } from './query-spans.js';

export type MigrationClass = new () => MigrationInterface;
export type EntityClass = new () => object;

/** Address and limits of one service's database. */
export interface DatabaseSettings {
  readonly url: string;
  /** Connections of this process, 3 to 5 are plenty. */
  readonly poolSize: number;
  readonly applicationName: string;
}

/** Opens a service's database and brings its schema up to date; replicas that start at once wait for each other. */
export async function openDataSource(
  settings: DatabaseSettings,
  migrations: readonly MigrationClass[],
  entities: readonly EntityClass[],
  { traced = false }: { readonly traced?: boolean } = {},
): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: settings.url,
    poolSize: settings.poolSize,
    applicationName: settings.applicationName,
    connectTimeoutMS: 15_000,
    entities: [...entities],
    subscribers: traced ? [QuerySpans] : [],
    migrations: [PlatformTables1700000000000, MessagingInOperation1700000000001, ...migrations],
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
    logging: false,
    extra: { keepAlive: true, idleTimeoutMillis: 30_000 },
  });
  await dataSource.initialize();
  await migrate(dataSource);
  return dataSource;
}

const MIGRATION_LOCK = 4_701_822;

async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await dataSource.runMigrations();
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
}
