import { randomUUID } from 'node:crypto';
import { Controller, Inject, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type EventDefinition, type EventMessage, event } from '@voltap/kernel';
import { defineService, runService } from '@voltap/platform/bootstrap';
import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';
import { type Consumption, Handles, Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';

/**
 * The smallest pair of services that can lose something: `writer` counts accounts up and tells of every step, `reader`
 * writes down each step that it hears and tells of that. `node ledger.ts writer|reader`, on the environment of a service.
 */
interface Step {
  readonly step: number;
  /** As much as an ordinary event carries. */
  readonly padding: string;
}

function definition(name: string, producer: string): EventDefinition<Step> {
  return {
    name,
    version: 1,
    topic: name,
    kind: 'money',
    compacted: false,
    producer,
    partitions: 6,
    keyedBy: 'account',
    retentionDays: 7,
    schema: {
      parse: (value) => {
        const { step } = value as Step;
        if (!Number.isInteger(step)) throw new Error('step is no integer');
        return value as Step;
      },
    },
  };
}

const counted = definition('ledger.counted', 'writer');
const echoed = definition('ledger.echoed', 'reader');
const ACCOUNTS = 24;
const LOOPS = 4;
const PADDING = 'x'.repeat(400);

const writerConfig = defineConfig('writer', {
  VOLTAP_LEDGER_PER_SECOND: setting.integer(0, 100_000).default(400).describe('Steps that are counted in a second'),
});

class WriterTables1700000000001 {
  readonly name = 'WriterTables1700000000001';
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('create table account (name text primary key, step integer not null default 0)');
    await runner.query(`insert into account select 'account-' || n from generate_series(0, ${ACCOUNTS - 1}) as n`);
  }
  async down(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('drop table account');
  }
}

class ReaderTables1700000000001 {
  readonly name = 'ReaderTables1700000000001';
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query(
      'create table effect (position bigserial primary key, account text not null, step integer not null)',
    );
  }
  async down(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('drop table effect');
  }
}

@Injectable()
class Counting implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    @Inject(writerConfig.token) private readonly config: ConfigOf<typeof writerConfig>,
  ) {}

  onApplicationBootstrap(): void {
    const perSecond = this.config.VOLTAP_LEDGER_PER_SECOND;
    if (perSecond === 0) return;
    for (let loop = 0; loop < LOOPS; loop += 1) void this.count(loop, (1000 * LOOPS) / perSecond);
  }

  private async count(loop: number, everyMs: number): Promise<never> {
    let due = performance.now();
    for (let turn = 0; ; turn += 1) {
      const account = `account-${loop + LOOPS * (turn % (ACCOUNTS / LOOPS))}`;
      try {
        await this.database.transaction((transaction) => this.step(transaction, account));
      } catch {
        // The database is away: nothing was counted, so nothing is owed.
        await new Promise((resolve) => setTimeout(resolve, 100));
        due = performance.now();
      }
      due += everyMs;
      const wait = due - performance.now();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  private async step(transaction: Transaction, account: string): Promise<void> {
    const [[row]]: [{ step: number }[], number] = await transaction.query(
      'update account set step = step + 1 where name = $1 returning step',
      [account],
    );
    const step = row?.step ?? 0;
    await this.outbox.add(
      transaction,
      event(counted, { key: account, revision: step, payload: { step, padding: PADDING } }),
    );
  }
}

@Controller()
class Reading {
  constructor(private readonly outbox: Outbox) {}

  @Handles(counted)
  async on(@Payload() { key, payload }: EventMessage<Step>, @Ctx() { transaction }: Consumption): Promise<void> {
    await transaction.query('insert into effect (account, step) values ($1, $2)', [key, payload.step]);
    await this.outbox.add(
      transaction,
      event(echoed, { key, revision: payload.step, payload: { ...payload, padding: randomUUID() } }),
    );
  }
}

@Module({ providers: [Counting] })
class WriterModule {}

@Module({ controllers: [Reading] })
class ReaderModule {}

// Which of both; the argument of a service comes behind it.
const [role] = process.argv.splice(2, 1);
await runService(
  role === 'writer'
    ? defineService({
        name: 'writer',
        module: WriterModule,
        config: writerConfig,
        migrations: [WriterTables1700000000001],
        publishes: [counted],
      })
    : defineService({
        name: 'reader',
        module: ReaderModule,
        config: defineConfig('reader', {}),
        migrations: [ReaderTables1700000000001],
        publishes: [echoed],
      }),
);
process.stdout.write('ready\n');
