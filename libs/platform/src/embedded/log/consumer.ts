import type { BatchOutcome, ConsumedRecord, SubscriptionOptions } from '../../messaging/event-bus.js';
import type { FailureReport } from './connections.js';
import type { OffsetCommitter } from './offset-committer.js';
import type { LogPartition } from './topic-catalog.js';

const DEFAULT_BATCH_SIZE = 100;
const DEFAULT_CONCURRENCY = 8;
/** When the handler names no time, or broke its promise not to throw. */
const DEFAULT_RETRY_MS = 500;

/** One partition as one consumer reads it. */
export interface Cursor {
  readonly partition: LogPartition;
  /** The next offset to fetch. */
  position: number;
  /** There may be records at `position`. */
  dirty: boolean;
  /** Being fetched or handled. */
  busy: boolean;
  retry: NodeJS.Timeout | undefined;
  /** Given back or lost: nothing more is handed over. */
  revoked: boolean;
  idle: (() => void) | undefined;
}

/** A member of a group within this bus: its partitions and what it does with their records. */
export class Consumer {
  readonly cursors = new Map<number, Cursor>();
  readonly batchSize: number;
  closing = false;
  private readonly concurrency: number;
  private busy = 0;

  constructor(
    readonly member: string,
    readonly groupId: number,
    readonly options: SubscriptionOptions,
    private readonly committer: OffsetCommitter,
    private readonly wake: () => void,
    private readonly report: FailureReport,
  ) {
    this.batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE;
    this.concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  }

  assign(partition: LogPartition, position: number): void {
    this.cursors.set(partition.id, {
      partition,
      position,
      dirty: true,
      busy: false,
      retry: undefined,
      revoked: false,
      idle: undefined,
    });
  }

  /** Stops handing over records of the partition; resolves when what was handed over is done. */
  async revoke(partitionId: number): Promise<void> {
    const cursor = this.cursors.get(partitionId);
    if (cursor === undefined) return;
    cursor.revoked = true;
    clearTimeout(cursor.retry);
    if (cursor.busy) {
      await new Promise<void>((resolve) => {
        const earlier = cursor.idle;
        cursor.idle = () => {
          earlier?.();
          resolve();
        };
      });
    }
    this.cursors.delete(partitionId);
  }

  /** Cursors to fetch for now, marked busy. The longest unserved come first. */
  take(): Cursor[] {
    const taken: Cursor[] = [];
    for (const [id, cursor] of this.cursors) {
      if (this.busy >= this.concurrency) break;
      if (!cursor.dirty || cursor.busy || cursor.revoked || cursor.retry !== undefined) continue;
      cursor.busy = true;
      cursor.dirty = false;
      this.busy += 1;
      taken.push(cursor);
      this.cursors.delete(id);
      this.cursors.set(id, cursor);
    }
    return taken;
  }

  /** The fetch failed: as if it had not been taken. */
  giveBack(cursor: Cursor): void {
    cursor.dirty = true;
    this.free(cursor);
  }

  /** Hands over what was fetched for a taken cursor. Does not throw. */
  async deliver(cursor: Cursor, records: readonly ConsumedRecord[]): Promise<void> {
    if (records.length === 0 || cursor.revoked) {
      this.free(cursor);
      return;
    }
    const { settled, retryAfterMs } = await this.handle(records);
    const last = records[settled - 1];
    if (last !== undefined) {
      cursor.position = Number(last.offset) + 1;
      this.committer.commit({ groupId: this.groupId, partitionId: cursor.partition.id, next: cursor.position });
    }
    if (settled < records.length) {
      cursor.dirty = true;
      this.pause(cursor, retryAfterMs ?? DEFAULT_RETRY_MS);
    } else if (records.length === this.batchSize) {
      cursor.dirty = true;
    }
    this.free(cursor);
    this.wake();
  }

  private async handle(records: readonly ConsumedRecord[]): Promise<BatchOutcome> {
    try {
      const { settled, retryAfterMs } = await this.options.handleBatch(records);
      return { settled: Math.max(0, Math.min(settled, records.length)), retryAfterMs };
    } catch (error) {
      this.report(`A handler of group ${this.options.group} threw, which it must not`, error);
      return { settled: 0 };
    }
  }

  private pause(cursor: Cursor, milliseconds: number): void {
    if (cursor.revoked) return;
    cursor.retry = setTimeout(() => {
      cursor.retry = undefined;
      this.wake();
    }, milliseconds);
  }

  private free(cursor: Cursor): void {
    cursor.busy = false;
    this.busy -= 1;
    cursor.idle?.();
  }
}
