import type { EventMessage } from '@voltap/kernel';
import { ensureDatabase } from '@voltap/platform/embedded';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { queryDatabase, startTestProcess, type TestProcess, waitUntil } from '@voltap/platform/testing';
import type { RunningStack } from '@voltap/tools/stack';

const PROGRAM = new URL('./programs/ledger.ts', import.meta.url);
const SECRET = 'a secret for tests, long enough to be one';

type Role = 'writer' | 'reader';

/** Writers and readers of the ledger on one stack, each a process to be killed, and the proof at the end. */
export class LedgerStage {
  private readonly running = new Set<TestProcess>();

  constructor(
    private readonly stack: RunningStack,
    private readonly name: string,
    private readonly perSecond = 400,
  ) {}

  async prepare(): Promise<void> {
    for (const role of ['writer', 'reader'])
      await ensureDatabase(this.stack.postgres.url, `${this.name}_voltap_${role}`);
  }

  /** Resolves when the service is ready. */
  async start(role: Role, options: { quiet?: boolean; wrapper?: readonly string[] } = {}): Promise<TestProcess> {
    const child = this.launch(role, options);
    await waitUntil(() => child.lines.includes('ready'), { describe: `a ${role} to be ready` });
    return child;
  }

  launch(
    role: Role,
    { quiet = false, wrapper = [] }: { quiet?: boolean; wrapper?: readonly string[] } = {},
  ): TestProcess {
    const child = startTestProcess(
      PROGRAM,
      [role],
      {
        ...this.stack.environment,
        VOLTAP_PLATFORM: 'production',
        VOLTAP_KAFKA_PREFIX: `${this.name}.`,
        VOLTAP_DATABASE_PREFIX: `${this.name}_`,
        VOLTAP_KAFKA_SESSION_MS: '3000',
        VOLTAP_CALLER_SECRET: SECRET,
        VOLTAP_SEALING_SECRET: SECRET,
        VOLTAP_SERVICE_ADDRESSES: '{}',
        VOLTAP_LOG_LEVEL: 'silent',
        VOLTAP_LEDGER_PER_SECOND: quiet ? '0' : String(this.perSecond),
      },
      wrapper,
    );
    this.running.add(child);
    return child;
  }

  async end(child: TestProcess, signal?: NodeJS.Signals): Promise<void> {
    await child.end(signal);
    this.running.delete(child);
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.running].map((child) => this.end(child)));
  }

  /** Steps that are counted, and those that had their effect. */
  async progress(): Promise<{ readonly counted: number; readonly effects: number }> {
    const [written = { sum: '0' }] = await this.query<{ sum: string }>(
      'writer',
      'select coalesce(sum(step), 0) as sum from account',
    );
    const [read = { count: '0' }] = await this.query<{ count: string }>('reader', 'select count(*) from effect');
    return { counted: Number(written.sum), effects: Number(read.count) };
  }

  /** So that a fault meets work, not idleness. */
  async untilMore(steps: number): Promise<void> {
    const { effects } = await this.progress();
    await waitUntil(async () => (await this.progress()).effects >= effects + steps, {
      describe: `${steps} more effects`,
    });
  }

  /** Ends the counting, lets everything arrive, and proves: every step once, in order, and told of once. */
  async settle(): Promise<{ readonly counted: number; readonly problems: readonly string[] }> {
    const ended = [...this.running];
    await Promise.all(ended.map((child) => this.end(child, 'SIGTERM')));
    // Whoever was counting may have left steps in its outbox.
    await this.start('writer', { quiet: true });
    await this.start('reader');
    const { counted } = await this.progress();
    await waitUntil(async () => (await this.progress()).effects >= counted, {
      describe: `all ${counted} effects`,
    });
    await waitUntil(async () => (await this.query('reader', 'select 1 from outbox limit 1')).length === 0, {
      describe: 'the outbox of the reader to be empty',
    });
    // What came twice has been handled then, too.
    await this.withBus((bus) => waitUntil(async () => (await bus.lag('reader')) === 0, { describe: 'no lag' }));
    const problems = [...(await this.effectProblems()), ...(await this.echoProblems())];
    for (const role of ['writer', 'reader'] as const) {
      const [left] = await this.query<{ count: string }>(role, 'select count(*) from set_aside_event');
      if (left?.count !== '0') problems.push(`${left?.count} events set aside at the ${role}`);
    }
    await this.endAll();
    return { counted, problems };
  }

  private async effectProblems(): Promise<string[]> {
    const accounts = await this.query<{ name: string; step: number }>(
      'writer',
      'select name, step from account order by name',
    );
    const effects = await this.query<{ account: string; step: number }>(
      'reader',
      'select account, step from effect order by position',
    );
    const byAccount = Map.groupBy(effects, ({ account }) => account);
    return accounts.flatMap(({ name, step }) => {
      const steps = (byAccount.get(name) ?? []).map((each) => each.step);
      const wrong = steps.findIndex((each, index) => each !== index + 1);
      if (wrong >= 0) return [`${name}: effect ${wrong + 1} is step ${steps[wrong]}`];
      return steps.length === step ? [] : [`${name}: ${steps.length} effects of ${step} steps`];
    });
  }

  private async echoProblems(): Promise<string[]> {
    const idsOf = new Map<string, Set<string>>();
    await this.withBus((bus) =>
      bus.readToEnd('ledger.echoed', {
        handleBatch: async (records) => {
          for (const { value } of records) {
            const message = JSON.parse(value ?? '') as EventMessage<unknown>;
            const step = `${message.key} ${message.revision}`;
            idsOf.set(step, (idsOf.get(step) ?? new Set()).add(message.id));
          }
        },
      }),
    );
    const { effects } = await this.progress();
    const doubled = [...idsOf].filter(([, ids]) => ids.size > 1).map(([step]) => `${step} was told of by two events`);
    return idsOf.size === effects ? doubled : [...doubled, `${idsOf.size} echoes of ${effects} effects`];
  }

  /** With nobody running: effects whose offset was not committed, at least; 0 when none is certain. */
  async effectsWithoutCommit(): Promise<number> {
    const { effects } = await this.progress();
    return this.withBus(async (bus) => {
      const lag = await bus.lag('reader');
      let records = 0;
      await bus.readToEnd('ledger.counted', {
        handleBatch: async (batch) => {
          records += batch.length;
        },
      });
      return Math.max(0, effects - (records - lag));
    });
  }

  /** A member of the same log, to be closed by whoever asks. */
  bus(): KafkaEventBus {
    const settings = { brokers: [this.stack.kafka.brokers], prefix: `${this.name}.`, replication: -1 };
    return new KafkaEventBus(
      { ...settings, sessionTimeoutMs: 10_000 },
      createLogger({ level: 'silent', service: 'test' }),
    );
  }

  private async withBus<Result>(work: (bus: KafkaEventBus) => Promise<Result>): Promise<Result> {
    const bus = this.bus();
    try {
      return await work(bus);
    } finally {
      await bus.close();
    }
  }

  private query<Row>(role: Role, sql: string): Promise<Row[]> {
    const url = new URL(this.stack.postgres.url);
    url.pathname = `/${this.name}_voltap_${role}`;
    return queryDatabase<Row>(url.href, sql);
  }
}
