import type { DataSource, EntityManager } from 'typeorm';
import { outsideOfSteps } from '../telemetry/trace-context.js';

/** A running transaction. Repositories take it as their first argument; nothing else does SQL. */
export type Transaction = EntityManager;

type AfterCommit = () => void;

/** A service's own database. */
export class Database {
  private readonly hooks = new WeakMap<EntityManager, AfterCommit[]>();

  constructor(readonly dataSource: DataSource) {}

  /** Everything that `work` writes is committed together, or nothing is. */
  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const hooks: AfterCommit[] = [];
    const result = await this.dataSource.transaction(async (manager) => {
      this.hooks.set(manager, hooks);
      return work(manager);
    });
    // What they wake goes on for others, long after this step.
    if (hooks.length > 0) {
      outsideOfSteps(() => {
        for (const hook of hooks) hook();
      });
    }
    return result;
  }

  /** Runs after the commit of `transaction`, never after a rollback. Must not throw; it is a wake-up, not a duty. */
  afterCommit(transaction: Transaction, hook: AfterCommit): void {
    const hooks = this.hooks.get(transaction);
    if (hooks === undefined) throw new Error('afterCommit outside of Database.transaction');
    if (!hooks.includes(hook)) hooks.push(hook);
  }

  /** Reads outside of a transaction. */
  get reader(): EntityManager {
    return this.dataSource.manager;
  }
}
