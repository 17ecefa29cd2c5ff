import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { FailureReport } from './connections.js';
import { APPENDED_CHANNEL } from './membership.js';

/** A burst of publishes is announced once per this time. */
const COALESCE_MS = 5;
/** Postgres allows payloads below 8000 bytes. */
const PARTITIONS_PER_NOTICE = 500;

/**
 * Wakes the readers of other processes. In statements of their own after the commit: a NOTIFY within the publishing
 * transaction would make all commits of the database queue up.
 */
export class Announcer {
  private pending = new Set<number>();
  private announcing: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly busId: string,
    private readonly report: FailureReport,
  ) {}

  announce(partitionIds: readonly number[]): void {
    for (const id of partitionIds) this.pending.add(id);
    this.announcing ??= this.drain();
  }

  async close(): Promise<void> {
    await this.announcing;
  }

  private async drain(): Promise<void> {
    while (this.pending.size > 0) {
      const ids = [...this.pending].slice(0, PARTITIONS_PER_NOTICE);
      for (const id of ids) this.pending.delete(id);
      await this.pool
        .query({
          name: 'notify',
          text: 'select pg_notify($1, $2)',
          values: [APPENDED_CHANNEL, `${this.busId} ${ids.join(',')}`],
        })
        .catch((error) => this.report('Other processes were not woken; they poll', error));
      await delay(COALESCE_MS);
    }
    this.announcing = undefined;
  }
}

/** @returns the partitions that another bus appended to; nothing when it was ourselves */
export function readAnnouncement(payload: string, ownBusId: string): number[] {
  const [busId, ids = ''] = payload.split(' ');
  return busId === ownBusId ? [] : ids.split(',').map(Number);
}
