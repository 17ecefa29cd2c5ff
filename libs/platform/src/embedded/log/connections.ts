import { VoltapError } from '@voltap/kernel';
import { Client, type ClientConfig, Pool } from 'pg';

/** Told of failures that are dealt with by trying again. */
export type FailureReport = (message: string, cause: unknown) => void;

/** Waiting for a free connection counts too, and a machine may be busy; a server that is gone refuses at once. */
const CONNECT_TIMEOUT_MS = 15_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** The connections of one bus to its database; five at most. */
export interface LogConnections {
  /** One connection: publishing is serial, see `LogWriter`. Commits are on disk when they return. */
  readonly writing: Pool;
  /** Fetching, offsets and wake-ups. A commit lost with the server here costs a repeated delivery at most. */
  readonly working: Pool;
  /** A connection whose end shows others that we are gone. */
  openSession(): Client;
}

export function openConnections(url: string, report: FailureReport): LogConnections {
  const shared: ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  };
  const pool = (max: number, application: string, options?: string): Pool => {
    const opened = new Pool({ ...shared, max, idleTimeoutMillis: 0, application_name: application, options });
    opened.on('error', (error) => report('An idle connection of the bus broke', error));
    return opened;
  };
  return {
    writing: pool(1, 'voltap-bus-write'),
    working: pool(3, 'voltap-bus-work', '-c synchronous_commit=off'),
    openSession: () => new Client({ ...shared, application_name: 'voltap-bus-session' }),
  };
}

/** @throws VoltapError unavailable, instead of whatever the database or the connection said */
export async function orUnavailable<Result>(what: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof VoltapError) throw error;
    throw new VoltapError('unavailable', `${what} failed: the database of the bus did not do it. Try again.`, {
      cause: error,
    });
  }
}
