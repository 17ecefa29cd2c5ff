import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { KafkaEventBus, RedisCorrelationStore } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type RunningStack, startStack } from './index.ts';

const SCRIPT = join(import.meta.dirname, '../stack.mjs');
const NAMES = ['VOLTAP_KAFKA_BROKERS', 'VOLTAP_REDIS_URL', 'VOLTAP_POSTGRES_URL'];
/** Starts what its arguments say and dies only by being killed. */
const PARENT = `require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' }); setInterval(() => {}, 1000);`;

interface Command {
  readonly child: ChildProcessWithoutNullStreams;
  readonly printed: { out: string; err: string };
  readonly ended: Promise<number | null>;
}

describe('npm run stack', () => {
  const running: ChildProcessWithoutNullStreams[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  function launch(program: string, args: readonly string[], environment: Record<string, string> = {}): Command {
    const child = spawn(program, args, { env: { ...process.env, ...environment } });
    running.push(child);
    const printed = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed.err += text;
    });
    return { child, printed, ended: once(child, 'close').then(([code]) => code as number | null) };
  }

  /** Resolves when it serves, with what must be gone afterwards. */
  async function serving({ printed }: Command): Promise<{ ports: number[]; directory: string }> {
    const directory = await waitUntil(() => /Logs are in (\S+)\. Ctrl-C/.exec(printed.err)?.[1], {
      describe: 'the stack to serve',
    });
    const lines = printed.out.trim().split('\n');
    expect(lines.map((line) => line.slice(0, line.indexOf('=')))).toEqual(NAMES);
    const ports = lines.map((line) => Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]));
    for (const port of ports) expect(await answers(port)).toBe(true);
    expect(existsSync(directory)).toBe(true);
    return { ports, directory };
  }

  async function expectNothingLeft(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      await waitUntil(async () => !(await answers(port)), { describe: `port ${port} to be closed` });
    }
  }

  it('prints three lines when all of it serves, and leaves nothing after Ctrl-C', async () => {
    const command = launch(process.execPath, [SCRIPT]);
    const { ports, directory } = await serving(command);
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(0);
    await expectNothingLeft(ports);
    expect(existsSync(directory)).toBe(false);
  });

  it('ends when its parent is killed, and its parts when it is killed itself', async () => {
    const orphan = launch(process.execPath, ['-e', PARENT, process.execPath, SCRIPT]);
    const left = await serving(orphan);
    orphan.child.kill('SIGKILL');
    await expectNothingLeft(left.ports);
    await waitUntil(() => !existsSync(left.directory), { describe: 'the folder to be removed' });

    const killed = launch(process.execPath, [SCRIPT]);
    const parts = await serving(killed);
    killed.child.kill('SIGKILL');
    await expectNothingLeft(parts.ports);
  });

  it('runs a command in its environment and ends with the exit code of it', async () => {
    const script = `process.stdout.write(${JSON.stringify(NAMES)}.map((name) => typeof process.env[name]).join()); process.exit(7);`;
    const command = launch(process.execPath, [SCRIPT, '--', process.execPath, '-e', script]);
    expect(await command.ended).toBe(7);
    expect(command.printed.out).toBe('string,string,string');
  });

  it('says in one line what a machine lacks and what installs it', async () => {
    const command = launch(process.execPath, [SCRIPT, '--cache', '/nowhere'], { PATH: '/nowhere' });
    expect(await command.ended).toBe(1);
    expect(command.printed.out).toBe('');
    expect(command.printed.err).toBe(
      'The stack needs Java 17 or newer, Maven, Redis, which this machine lacks. On Debian or Ubuntu, as root: ' +
        'apt-get install -y openjdk-17-jre-headless maven redis-server\n',
    );
  });

  it('refuses an option that it does not know', async () => {
    const command = launch(process.execPath, [SCRIPT, '--nonsense']);
    expect(await command.ended).toBe(2);
    expect(command.printed.err).toMatch(/--nonsense.*npm run stack -- --help/s);
  });
});

describe('the parts of a stack', () => {
  let stack: RunningStack | undefined;
  afterEach(() => stack?.stop());

  it('come back with what was written, on the same address, after each was killed', async () => {
    stack = await startStack({ persistent: true });
    const { kafka, redis, postgres } = stack;
    const logger = createLogger({ level: 'silent', service: 'test' });
    const bus = new KafkaEventBus(
      { brokers: [kafka.brokers], prefix: '', replication: -1, sessionTimeoutMs: 10_000 },
      logger,
    );
    const store = new RedisCorrelationStore({ url: redis.url, prefix: '' }, logger);
    try {
      await bus.ensureTopics([{ topic: 'kept', partitions: 1, compacted: false }]);
      await bus.publish([{ topic: 'kept', key: 'k', headers: {}, value: '"written"' }]);
      await waitUntil(() => store.open('kept', 'written', 600_000).then(() => true), { describe: 'Redis to write' });
      await queryDatabase(postgres.url, `create table kept as select 'written' as text`);

      // What Redis has written it syncs once a second; a killed process loses none of it.
      for (const part of [kafka, redis, postgres]) {
        await part.kill();
        await part.start();
        await part.freeze();
        await part.thaw();
      }

      const read: (string | null)[] = [];
      await bus.readToEnd('kept', {
        handleBatch: async (records) => void read.push(...records.map(({ value }) => value)),
      });
      expect(read).toEqual(['"written"']);
      expect(await waitUntil(() => store.find('kept'), { describe: 'Redis to be read' })).toBe('written');
      expect(await queryDatabase(postgres.url, 'select text from kept')).toEqual([{ text: 'written' }]);
    } finally {
      await bus.close();
      await store.close();
    }
  });
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
