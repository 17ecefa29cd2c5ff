import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { FailureReport } from './connections.js';

export interface CommittedPosition {
  readonly groupId: number;
  readonly partitionId: number;
  /** The first offset that is not done. */
  readonly next: number;
}

/** Commits that arrive within this time share a statement. */
const COALESCE_MS = 10;
const RETRY_MS = 250;

/** Only forwards: a member that lost its partition may still report what it really did. */
const COMMIT = `
  insert into group_offsets as o (group_id, partition_id, next_offset)
  select * from unnest($1::int[], $2::int[], $3::bigint[]) as t (group_id, partition_id, next_offset)
  order by group_id, partition_id
  on conflict (group_id, partition_id) do update set next_offset = excluded.next_offset
  where o.next_offset < excluded.next_offset`;

/** Writes the offsets of all groups of a bus, many in one statement. */
export class OffsetCommitter {
  private pending = new Map<string, CommittedPosition>();
  private committing: Promise<void> | undefined;
  /** The latest statement; its failure is told to those who asked for it. */
  private writing: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly report: FailureReport,
  ) {}

  commit(position: CommittedPosition): void {
    this.keep(position);
    this.committing ??= this.commitSoon();
  }

  /** Everything committed before is written when it resolves. Rejects when the database refuses. */
  async flush(): Promise<void> {
    await this.write();
  }

  /** Nothing is written any more; call `flush` before. */
  close(): void {
    this.closed = true;
    this.pending.clear();
  }

  private async commitSoon(): Promise<void> {
    let wait = COALESCE_MS;
    while (this.pending.size > 0 && !this.closed) {
      await delay(wait);
      wait = COALESCE_MS;
      await this.write().catch((error) => {
        this.report('Offsets could not be committed yet', error);
        wait = RETRY_MS;
      });
    }
    this.committing = undefined;
  }

  /** One statement at a time, so that whoever waits for this waits for the earlier ones too. */
  private write(): Promise<void> {
    this.writing = this.writing.catch(() => undefined).then(() => this.writePending());
    return this.writing;
  }

  private async writePending(): Promise<void> {
    const positions = [...this.pending.values()];
    if (positions.length === 0) return;
    this.pending = new Map();
    try {
      await this.pool.query({
        name: 'commit',
        text: COMMIT,
        values: [
          positions.map(({ groupId }) => groupId),
          positions.map(({ partitionId }) => partitionId),
          positions.map(({ next }) => next),
        ],
      });
    } catch (error) {
      for (const position of positions) this.keep(position);
      throw error;
    }
  }

  private keep(position: CommittedPosition): void {
    const key = `${position.groupId}:${position.partitionId}`;
    const known = this.pending.get(key);
    if (known === undefined || known.next < position.next) this.pending.set(key, position);
  }
}
