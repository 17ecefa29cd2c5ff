import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { NODE } from './settings.ts';
import { API_KEY, NAMESPACE, openStage, PARTNER_PORT, PUBLIC_PORT, type Stage } from './stage.ts';

interface Listed<Item> {
  readonly items: readonly Item[];
}
interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
  };
}
interface Deployment {
  readonly metadata: { readonly name: string };
  readonly status: { readonly availableReplicas?: number; readonly updatedReplicas?: number };
}
interface Money {
  readonly state: string;
  readonly cdrId: string | null;
}
interface Event {
  readonly reason: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly lastTimestamp: string;
}

const root = join(import.meta.dirname, '../..');
const CHART = join(root, 'charts/voltap');
const MINUTES = 60_000;
/** As whoever runs it for real has it: any pod may be away. */
const TWO_OF_EACH = ['--set', 'defaults.replicas=2'];
/** One pod is away at a time, and all are there in between. */
const BETWEEN_DEATHS_MS = 8_000;
const BETWEEN_TRIES_MS = 3_000;

describe('Voltap on a cluster', () => {
  let stage: Stage;
  let gateway: string;
  const running: { stop(): Promise<unknown> }[] = [];
  const state = mkdtempSync(join(tmpdir(), 'voltap-city-'));

  beforeAll(async () => {
    stage = await openStage(root, (line) => process.stderr.write(`${line}\n`));
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await stage.cluster.api.send('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels },
    });
  }, 60 * MINUTES);
  afterAll(async () => {
    for (const one of running) await one.stop();
    await stage?.close();
    rmSync(state, { recursive: true, force: true });
  }, 5 * MINUTES);

  const list = async <Item>(path: string): Promise<readonly Item[]> => {
    const found = await stage.cluster.api.get<Listed<Item>>(path);
    return found?.items ?? [];
  };
  const inNamespace = (group: string, kind: string) => `/${group}/namespaces/${NAMESPACE}/${kind}`;
  const deployments = () => list<Deployment>(inNamespace('apis/apps/v1', 'deployments'));
  const pods = () => list<Pod>(inNamespace('api/v1', 'pods'));
  const upgrade = (...parameters: readonly string[]) =>
    stage.helm('upgrade', 'voltap', CHART, '--values', stage.values, ...parameters);
  const succeeded = { code: 0, output: expect.any(String) };

  const listed = async <Item>(path: string): Promise<readonly Item[]> => {
    const response = await fetch(`http://${gateway}:4001${path}`, { headers: { authorization: `Bearer ${API_KEY}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as Listed<Item>).items;
  };

  /** The whole charge, from the tap on the terminal to the receipt. */
  async function charge(): Promise<string> {
    const parameters = [
      ...['--public-url', `http://${NODE}:${PUBLIC_PORT}`, '--back-office-url', `http://${gateway}:4001`],
      ...['--api-key', API_KEY, '--port', String(PARTNER_PORT), '--ptp-url', `http://${NODE}:${PARTNER_PORT}`],
      ...['--state-directory', state, '--once'],
    ];
    const child = spawn(process.execPath, [join(root, 'apps/simulator/dist/main.js'), ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let story = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (story += chunk.toString()));
    const [code] = await once(child, 'exit');
    return code === 0 ? 'played' : `ended with ${code}:\n${story}`;
  }

  /** Asks again and again, on kept connections and on new ones, until told to stop. @returns what was no 200 */
  function askAllTheTime(path: string) {
    const failures: string[] = [];
    let asked = 0;
    let going = true;
    const kept = new Agent({ keepAlive: true });
    const ask = async (agent: Agent | false): Promise<void> => {
      while (going) {
        asked++;
        const status = await statusOf({ agent, host: gateway, port: 4001, path });
        if (status !== '200') failures.push(status);
        await delay(20);
      }
    };
    const asking = [ask(kept), ask(kept), ask(false), ask(false)];
    const asker = {
      async stop() {
        going = false;
        await Promise.all(asking);
        kept.destroy();
        return { asked, failures };
      },
    };
    running.push(asker);
    return asker;
  }

  it(
    'is installed: schema and topics first, then nine pods under the restricted profile, each ready',
    async () => {
      expect(
        await stage.helm('install', 'voltap', CHART, '--values', stage.values, '--wait', '--timeout', '5m'),
      ).toEqual(succeeded);
      const all = await deployments();
      expect(all).toHaveLength(9);
      for (const { status } of all) expect(status.availableReplicas).toBe(1);
      const events = await list<Event>(inNamespace('api/v1', 'events'));
      const prepared = events.find(({ reason, involvedObject: { kind } }) => kind === 'Job' && reason === 'Completed');
      const first = (await pods()).map(({ metadata }) => metadata.creationTimestamp).toSorted()[0] ?? '';
      expect(Date.parse(prepared?.lastTimestamp ?? '')).toBeLessThanOrEqual(Date.parse(first));
      expect(await list(inNamespace('apis/batch/v1', 'jobs'))).toEqual([]);
      const service = await stage.cluster.api.get<{ spec: { clusterIP: string } }>(
        inNamespace('api/v1', 'services/voltap-gateway'),
      );
      gateway = service?.spec.clusterIP ?? '';
      await stage.openDoor(gateway);
    },
    10 * MINUTES,
  );

  it('runs as a user without rights, on a file system that nobody writes to, and without a token', async () => {
    const script = `const fs=require('fs');let w='refused';try{fs.writeFileSync('/x','')&&0;w='written'}catch{};
      console.log(process.getuid(),w,fs.existsSync('/var/run/secrets/kubernetes.io'))`;
    const { output } = await stage.kubectl('exec', 'deploy/voltap-tokens', '--', '/usr/local/bin/node', '-e', script);
    expect(output.trim()).toBe('10001 refused false');
  });

  it(
    'plays the whole card-paid charge',
    async () => {
      expect(await charge()).toBe('played');
    },
    10 * MINUTES,
  );

  /** Renews all pods while a charge is played and the back-office asked. */
  async function roll(replicas: number, ...parameters: readonly string[]): Promise<void> {
    const before = (await pods()).map(({ metadata }) => metadata.name);
    const asking = askAllTheTime('/api/v1/locations?limit=1');
    const charged = charge();
    const rolled = `defaults.podAnnotations.rolled=to-${replicas}`;
    expect(await upgrade(...parameters, '--set', rolled, '--wait', '--timeout', '10m')).toEqual(succeeded);
    expect(await charged).toBe('played');
    const { asked, failures } = await asking.stop();
    expect(asked).toBeGreaterThan(100);
    expect(failures).toEqual([]);
    for (const { status } of await deployments()) expect(status.updatedReplicas).toBe(replicas);
    await waitUntil(async () => (await pods()).every(({ metadata }) => !before.includes(metadata.name)), {
      describe: 'the end of the pods before',
      timeoutMs: 2 * MINUTES,
    });
  }

  it('rolls all nine in the middle of a charge, without a failed request', () => roll(1), 15 * MINUTES);

  it(
    'rolls two of each in the middle of a charge, without a failed request',
    async () => {
      expect(await upgrade(...TWO_OF_EACH, '--wait', '--timeout', '10m')).toEqual(succeeded);
      await roll(2, ...TWO_OF_EACH);
    },
    25 * MINUTES,
  );

  it(
    'loses no charge and doubles none while pods are killed at random',
    async () => {
      const seed = Date.now() % 1_000_000;
      process.stderr.write(`Pods are killed by the seed ${seed}\n`);
      let going = true;
      let killed = 0;
      const killing = (async () => {
        while (going) {
          const all = await pods();
          const number = createHash('sha256').update(`${seed} ${killed}`).digest().readUInt32BE();
          const victim = all[number % all.length]?.metadata.name ?? '';
          // At once, as when its node dies; the next one when all are back.
          await stage.kubectl('delete', 'pod', victim, '--grace-period=0', '--force');
          killed += 1;
          await waitUntil(async () => (await deployments()).every(({ status }) => status.availableReplicas === 2), {
            describe: `the successor of ${victim}`,
            timeoutMs: 2 * MINUTES,
          });
          await delay(BETWEEN_DEATHS_MS);
        }
      })();
      const told: string[] = [];
      const played = () => told.filter((story) => story === 'played').length;
      // A driver whose start is refused, or whose connection broke with its pod, tries again in a moment.
      for (const until = Date.now() + 6 * MINUTES; Date.now() < until && (played() < 3 || killed < 5); ) {
        const story = await charge();
        told.push(story);
        if (story !== 'played') await delay(BETWEEN_TRIES_MS);
      }
      going = false;
      await killing;
      if (played() < 3)
        throw new Error(`${played()} charges were played while ${killed} pods died:\n${told.join('\n')}`);
      expect(killed).toBeGreaterThanOrEqual(5);
      // What an interrupted story left running is ended by the next.
      expect(await charge()).toBe('played');

      const settled = await waitUntil(
        async () => {
          const found = await listed<Money>('/api/v1/reconciliation?limit=500');
          return found.every(({ state }) => state === 'MATCHED' || state === 'NOT_STARTED') && found;
        },
        { describe: 'every charge to be settled', timeoutMs: 3 * MINUTES },
      );
      const billed = settled.flatMap(({ cdrId }) => (cdrId === null ? [] : [cdrId]));
      expect(new Set(billed).size).toBe(billed.length);
      const cdrs = await listed<{ cdr: { id: string; session_id: string } }>('/api/v1/cdrs?limit=500');
      expect(cdrs.map(({ cdr }) => cdr.id).toSorted()).toEqual(billed.toSorted());
      expect(new Set(cdrs.map(({ cdr }) => cdr.session_id)).size).toBe(cdrs.length);
    },
    20 * MINUTES,
  );

  it(
    'stays as it is when an upgrade cannot start',
    async () => {
      const asking = askAllTheTime('/api/v1/locations?limit=1');
      const missing = ['--set', 'image.tag=missing', '--rollback-on-failure', '--timeout', '20s'];
      const { code } = await upgrade(...TWO_OF_EACH, ...missing);
      expect(code).not.toBe(0);
      const { failures } = await asking.stop();
      expect(failures).toEqual([]);
      for (const { status } of await deployments()) expect(status.availableReplicas).toBe(2);
      expect((await stage.helm('status', 'voltap')).output).toMatch(/STATUS: deployed/);
    },
    5 * MINUTES,
  );

  it(
    'leaves nothing when it is uninstalled',
    async () => {
      expect(await stage.helm('uninstall', 'voltap', '--wait', '--timeout', '3m')).toEqual(succeeded);
      // The Job of the upgrade that failed stays for a day, for whoever wants to know why.
      expect(await stage.kubectl('delete', 'job', 'voltap-prepare')).toEqual(succeeded);
      const kinds =
        'deployments,services,serviceaccounts,secrets,configmaps,jobs,poddisruptionbudgets,networkpolicies,pods';
      const left = async (): Promise<string> => {
        const { output } = await stage.kubectl('get', kinds, '-l', 'app.kubernetes.io/instance=voltap', '-o', 'name');
        return output.trim();
      };
      await waitUntil(async () => (await left()) === '', { describe: 'the end of the last pod' });
      expect(stage.cluster.failures()).toEqual([]);
    },
    5 * MINUTES,
  );
});

function statusOf(options: { agent: Agent | false; host: string; port: number; path: string }): Promise<string> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const asked = request({ ...options, headers, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', (error) => resolve(error.message));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 10 s')));
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}
