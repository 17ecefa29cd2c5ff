import { assignPartitions, type GroupMember } from './assignment.js';
import type { FailureReport, LogConnections } from './connections.js';
import type { Consumer } from './consumer.js';
import type { OffsetCommitter } from './offset-committer.js';
import { Session } from './session.js';
import type { LogPartition, TopicCatalog } from './topic-catalog.js';

export const APPENDED_CHANNEL = 'voltap_bus_appended';
const MEMBERS_CHANNEL = 'voltap_bus_members';

interface Holding {
  readonly consumer: Consumer;
  readonly partition: LogPartition;
  /** The connection whose lock it is. */
  readonly session: object;
  /** Resolves when another may have it; set once it is being given back or was lost. */
  release: Promise<void> | undefined;
}

/** A member lives as long as its connection; its row may outlive it. */
const LIVING_MEMBERS = `
  select m.group_id, m.member, m.topics from members m
  join pg_stat_activity a on a.pid = m.backend_pid and a.backend_start = m.backend_start
  where m.group_id = any($1::int[])`;

const REGISTER = `
  insert into members (group_id, member, topics, backend_pid, backend_start)
  select $1, $2, $3, pid, backend_start from pg_stat_activity where pid = pg_backend_pid()
  on conflict (group_id, member) do update
  set topics = excluded.topics, backend_pid = excluded.backend_pid, backend_start = excluded.backend_start`;

const REMOVE_DEAD = `
  delete from members m where not exists
  (select from pg_stat_activity a where a.pid = m.backend_pid and a.backend_start = m.backend_start)`;

const LOCK = `
  select group_id, partition_id from unnest($1::int[], $2::int[]) as t (group_id, partition_id)
  where pg_try_advisory_lock(group_id, partition_id)`;

const POSITIONS = `
  select o.group_id, o.partition_id, o.next_offset from group_offsets o
  join unnest($1::int[], $2::int[]) as t (group_id, partition_id) using (group_id, partition_id)`;

/**
 * Shares the partitions of a group among its members in all processes. Every member computes the same assignment from
 * the living members; session locks see to it that a partition has one owner while the members' views differ, and that
 * a dead process' partitions are free the moment its connection breaks.
 */
export class Membership {
  private readonly consumers = new Set<Consumer>();
  private readonly holdings = new Map<string, Holding>();
  private readonly session: Session;
  private rebalancing = false;
  private again = false;
  private closed = false;

  constructor(
    connections: LogConnections,
    private readonly busId: string,
    private readonly catalog: TopicCatalog,
    private readonly committer: OffsetCommitter,
    private readonly appended: (payload: string) => void,
    private readonly wake: () => void,
    private readonly report: FailureReport,
  ) {
    this.session = new Session(
      connections.openSession,
      {
        opened: () => this.register(),
        lost: () => this.lose(),
        notified: (channel, payload) => {
          if (channel === APPENDED_CHANNEL) this.appended(payload);
          else if (payload !== this.busId) this.rebalance();
        },
      },
      report,
    );
  }

  async join(consumer: Consumer): Promise<void> {
    this.consumers.add(consumer);
    if (this.session.current === undefined) {
      await this.session.connect();
      return;
    }
    await this.registerOne(consumer);
    await this.announce();
    this.rebalance();
  }

  /** Hands the partitions over after what is being handled; resolves when others may have them. */
  async leave(consumer: Consumer): Promise<void> {
    consumer.closing = true;
    const parting = 'delete from members where group_id = $1 and member = $2';
    if (this.session.current !== undefined) {
      await this.session.ask(parting, [consumer.groupId, consumer.member]).catch((error) => this.reportLoss(error));
    }
    await Promise.all(
      [...this.holdings.values()].filter((held) => held.consumer === consumer).map((held) => this.release(held)),
    );
    this.consumers.delete(consumer);
    await this.announce();
  }

  /** Looks who lives and takes or gives accordingly. Comes back to it when it is busy. */
  rebalance(): void {
    this.again = true;
    if (this.rebalancing) return;
    this.rebalancing = true;
    void this.rebalanceUntilSettled();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.session.close();
  }

  private async rebalanceUntilSettled(): Promise<void> {
    while (this.again && !this.closed && this.session.current !== undefined) {
      this.again = false;
      await this.rebalanceOnce(this.session.current).catch((error) => this.reportLoss(error));
    }
    this.rebalancing = false;
  }

  private async rebalanceOnce(session: object): Promise<void> {
    const wanted = await this.wantedHoldings();
    for (const [key, held] of this.holdings) {
      if (held.release === undefined && wanted.get(key)?.consumer !== held.consumer) void this.release(held);
    }
    const missing = [...wanted].filter(([key]) => !this.holdings.has(key)).map(([, want]) => want);
    if (missing.length === 0) return;
    const locked = await this.askForPairs<{ group_id: number; partition_id: number }>(LOCK, missing);
    const owned = new Set(locked.map((row) => keyOf(row.group_id, row.partition_id)));
    const gained = missing.filter(({ consumer, partition }) => owned.has(keyOf(consumer.groupId, partition.id)));
    // Asked after the lock is ours: the earlier owner commits before it lets go.
    const rows = await this.askForPairs<{ group_id: number; partition_id: number; next_offset: string }>(
      POSITIONS,
      gained,
    );
    if (this.session.current !== session) return;
    const positions = new Map(rows.map((row) => [keyOf(row.group_id, row.partition_id), Number(row.next_offset)]));
    for (const { consumer, partition } of gained) {
      const key = keyOf(consumer.groupId, partition.id);
      const holding: Holding = { consumer, partition, session, release: undefined };
      this.holdings.set(key, holding);
      if (consumer.closing) void this.release(holding);
      else consumer.assign(partition, positions.get(key) ?? 0);
    }
    this.wake();
  }

  private async wantedHoldings(): Promise<Map<string, { consumer: Consumer; partition: LogPartition }>> {
    const own = new Map(
      [...this.consumers].filter(({ closing }) => !closing).map((consumer) => [consumer.member, consumer]),
    );
    const groups = new Set([...own.values()].map(({ groupId }) => groupId));
    const wanted = new Map<string, { consumer: Consumer; partition: LogPartition }>();
    if (groups.size === 0) return wanted;
    const living = await this.session.ask<GroupMember & { group_id: number }>(LIVING_MEMBERS, [[...groups]]);
    for (const [groupId, members] of Map.groupBy(living, (row) => row.group_id)) {
      const topics = [...new Set(members.flatMap((member) => member.topics))];
      const partitions = (await Promise.all(topics.map((topic) => this.catalog.partitionsOf(topic)))).flat();
      const assigned = assignPartitions(partitions, members);
      for (const partition of partitions) {
        const consumer = own.get(assigned.get(partition.id) ?? '');
        if (consumer !== undefined) wanted.set(keyOf(groupId, partition.id), { consumer, partition });
      }
    }
    return wanted;
  }

  /** Does not throw. */
  private release(holding: Holding): Promise<void> {
    holding.release ??= this.giveBack(holding);
    return holding.release;
  }

  private async giveBack({ consumer, partition, session }: Holding): Promise<void> {
    await consumer.revoke(partition.id);
    await this.committer
      .flush()
      .catch((error) => this.report('Offsets could not be committed before handing over', error));
    if (this.session.current === session) {
      await this.session
        .ask('select pg_advisory_unlock($1, $2)', [consumer.groupId, partition.id])
        .catch((error) => this.reportLoss(error));
    }
    this.holdings.delete(keyOf(consumer.groupId, partition.id));
    if (!consumer.closing) await this.announce();
    this.rebalance();
  }

  private async register(): Promise<void> {
    await this.session.ask(`listen ${APPENDED_CHANNEL}`);
    await this.session.ask(`listen ${MEMBERS_CHANNEL}`);
    await this.session.ask(REMOVE_DEAD);
    for (const consumer of this.consumers) if (!consumer.closing) await this.registerOne(consumer);
    await this.announce();
    this.rebalance();
  }

  private async registerOne(consumer: Consumer): Promise<void> {
    await this.session.ask(REGISTER, [consumer.groupId, consumer.member, [...consumer.options.topics]]);
  }

  /** All locks went with the connection. What is being handled ends here, and is perhaps repeated by the next owner. */
  private lose(): void {
    for (const [key, held] of this.holdings) {
      held.release ??= held.consumer.revoke(held.partition.id).then(() => {
        this.holdings.delete(key);
        this.rebalance();
      });
    }
  }

  /** Tells the other processes; those that miss it look by themselves before long. Does not throw. */
  private async announce(): Promise<void> {
    if (this.session.current === undefined) return;
    await this.session
      .ask('select pg_notify($1, $2)', [MEMBERS_CHANNEL, this.busId])
      .catch((error) => this.reportLoss(error));
  }

  private askForPairs<Row extends Record<string, unknown>>(
    text: string,
    pairs: readonly { readonly consumer: Consumer; readonly partition: LogPartition }[],
  ): Promise<Row[]> {
    return this.session.ask<Row>(text, [
      pairs.map(({ consumer }) => consumer.groupId),
      pairs.map(({ partition }) => partition.id),
    ]);
  }

  private reportLoss(error: unknown): void {
    if (!this.closed) this.report('The membership in consumer groups is interrupted', error);
  }
}

function keyOf(groupId: number, partitionId: number): string {
  return `${groupId}:${partitionId}`;
}
