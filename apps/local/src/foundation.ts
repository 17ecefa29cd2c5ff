import {
  BUS_DATABASE,
  databaseOf,
  EmbeddedPostgresError,
  ensureDatabase,
  startPostgresServer,
} from '@voltap/platform/embedded';
import { LocalError } from './local-error.js';
import { SERVICES } from './services.js';
import type { DataDirectory } from './voltap-directory.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the services stand on: an embedded PostgreSQL, or the stack that the environment names. Its databases exist. */
export interface Foundation {
  databaseUrl(database: string): string;
  /** Settings by which the process of a service finds it; undefined takes a variable away. */
  environmentOf(): Environment;
  stop(): Promise<void>;
}

export interface EmbeddedFoundationInputs {
  readonly directory: DataDirectory;
  progress(message: string): void;
  failed(message: string): void;
}

/** One PostgreSQL in the data directory. @throws LocalError */
export async function embeddedFoundation({
  directory,
  progress,
  failed,
}: EmbeddedFoundationInputs): Promise<Foundation> {
  try {
    const options = { directory: directory.postgres, onProgress: progress, onUnexpectedExit: failed };
    const postgres = await startPostgresServer(options);
    try {
      const databases = [BUS_DATABASE, ...SERVICES.map(({ name }) => databaseOf(name))];
      await Promise.all(databases.map((name) => postgres.ensureDatabase(name)));
    } catch (error) {
      await postgres.stop();
      throw error;
    }
    const environment = { VOLTAP_PLATFORM: 'embedded', VOLTAP_POSTGRES_URL: postgres.url('').replace(/\/$/, '') };
    return {
      databaseUrl: (database) => postgres.url(database),
      environmentOf: () => environment,
      stop: () => postgres.stop(),
    };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw new LocalError(error.message);
    throw error;
  }
}

const STACK_VARIABLES = ['VOLTAP_KAFKA_BROKERS', 'VOLTAP_REDIS_URL', 'VOLTAP_POSTGRES_URL'] as const;

/**
 * Kafka, Redis and PostgreSQL by the addresses in the environment. Databases are `<prefix>voltap_<service>`, the prefix by
 * `VOLTAP_DATABASE_PREFIX`; missing ones are created. @throws LocalError
 */
export async function stackFoundation(environment: Environment): Promise<Foundation> {
  const missing = STACK_VARIABLES.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new LocalError(
      `--stack needs ${missing.join(' and ')}. Set what \`npm run stack\` prints, or let \`npm run start:stack\` start everything.`,
    );
  }
  const prefix = environment.VOLTAP_DATABASE_PREFIX ?? '';
  if (!/^[a-z0-9_]{0,40}$/.test(prefix)) {
    throw new LocalError(`VOLTAP_DATABASE_PREFIX ${prefix} has other characters than a-z, 0-9 and _, or over 40.`);
  }
  const server = URL.parse(environment.VOLTAP_POSTGRES_URL ?? '');
  if (server === null)
    throw new LocalError('VOLTAP_POSTGRES_URL is no URL; postgres://user:password@host:port is one.');
  const databaseUrl = (database: string): string => {
    const url = new URL(server);
    url.pathname = `/${database}`;
    return url.href;
  };
  const nameOf = (service: string): string => `${prefix}${databaseOf(service)}`;
  const admin = server.pathname.length > 1 ? server.href : databaseUrl('postgres');
  try {
    await Promise.all(SERVICES.map(({ name }) => ensureDatabase(admin, nameOf(name))));
  } catch (error) {
    const reason = error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : error;
    throw new LocalError(`The databases cannot be made on ${server.host}: ${reason}.`);
  }
  return {
    databaseUrl,
    // One database for all would be no database of one's own.
    environmentOf: () => ({ VOLTAP_PLATFORM: 'production', VOLTAP_DATABASE_URL: undefined }),
    stop: async () => undefined,
  };
}

/** Where the data of a stack are, without its passwords. */
export function stackName(environment: Environment): string {
  const [, redis, postgres] = STACK_VARIABLES.map((name) => URL.parse(environment[name] ?? '')?.host ?? '');
  return `Kafka ${environment.VOLTAP_KAFKA_BROKERS}, Redis ${redis}, PostgreSQL ${postgres}`;
}
