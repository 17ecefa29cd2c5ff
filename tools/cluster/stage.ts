/** Everything that the suite on a cluster stands on: the cluster, Kafka, Redis and PostgreSQL beside it, the image, the values. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseOf, ensureDatabase } from '@voltap/platform/embedded';
import { stringify } from 'yaml';
import { chartPrograms } from '../chart/programs.ts';
import { servicesOf } from '../production/tree.ts';
import { type RunningStack, startStack } from '../stack/index.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type Forwarding, forward } from './forwarding.ts';
import { IMAGE, makeImage, makePauseImage } from './images.ts';
import { kubernetesPrograms, requireMachine } from './programs.ts';
import { NODE } from './settings.ts';

export const NAMESPACE = 'charging';
export const API_KEY = 'k'.repeat(40);
/** Where partners and drivers reach the gateway, as by an ingress. */
export const PUBLIC_PORT = 4000;
/** Where the simulated partner listens, on this machine alone. */
export const PARTNER_PORT = 4110;

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export interface Stage {
  readonly cluster: Cluster;
  /** In the namespace; values are those of the stage, and `--set` what is given beside. */
  helm(...parameters: readonly string[]): Promise<Outcome>;
  kubectl(...parameters: readonly string[]): Promise<Outcome>;
  readonly values: string;
  /** Leads the public address to the gateway's Service, once there is one. */
  openDoor(gatewayAddress: string): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(root: string, say: (line: string) => void): Promise<Stage> {
  requireMachine();
  const cache = join(root, 'node_modules/.cache/voltap');
  const programs = await kubernetesPrograms(join(cache, 'cluster'), say);
  const { helm } = await chartPrograms(join(cache, 'chart'), say);
  // Sockets lie below it, and their paths are short.
  const folder = await mkdtemp('/tmp/voltap-cluster-');
  const opened: Forwarding[] = [];
  let stack: RunningStack | undefined;
  let cluster: Cluster | undefined;
  const close = async (): Promise<void> => {
    for (const one of opened) await one.close();
    await cluster?.stop();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const images = [await makePauseImage(folder), await makeImage(root, folder)];
    say('The images are made');
    stack = await startStack({ advertisedHost: NODE, progress: say, onUnexpectedExit: say });
    cluster = await startCluster(join(folder, 'c'), programs, images);
    say('The cluster serves');
    const [kafka, redis, postgres] = [
      stack.kafka.brokers,
      new URL(stack.redis.url).host,
      new URL(stack.postgres.url).host,
    ].map((address) => Number(address.slice(address.lastIndexOf(':') + 1))) as [number, number, number];
    for (const port of [kafka, redis, postgres, PARTNER_PORT]) {
      opened.push(await forward({ host: NODE, port }, { host: '127.0.0.1', port }));
    }
    const admin = stack.postgres.url;
    for (const service of servicesOf(root)) await ensureDatabase(admin, databaseOf(service.replace('apps/', '')));
    const server = new URL(admin);
    server.host = `${NODE}:${postgres}`;
    server.pathname = '';
    const values = join(folder, 'values.yaml');
    await writeFile(values, stringify(valuesOf({ kafka, redis, postgresUrl: server.href })));
    const { configuration } = cluster;
    const env = { ...process.env, KUBECONFIG: configuration };
    return {
      cluster,
      values,
      close,
      helm: (...parameters) => ended(helm, ['--namespace', NAMESPACE, ...parameters], env),
      kubectl: (...parameters) => ended('kubectl', ['--namespace', NAMESPACE, ...parameters], env),
      async openDoor(host) {
        opened.push(await forward({ host: NODE, port: PUBLIC_PORT }, { host, port: PUBLIC_PORT }));
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly kafka: number;
  readonly redis: number;
  readonly postgresUrl: string;
}

function valuesOf({ kafka, redis, postgresUrl }: Parts): object {
  return {
    image: { ...IMAGE, pullPolicy: 'Never' },
    public: { url: `http://${NODE}:${PUBLIC_PORT}` },
    secrets: {
      inline: {
        caller: 'a caller secret of the suite, long enough',
        sealing: 'a sealing secret of the suite, long enough',
        apiKeys: `${API_KEY}:read+operate+back-end`,
        postgresUrl,
      },
    },
    kafka: { brokers: [`${NODE}:${kafka}`] },
    redis: { host: NODE, port: redis },
    // The simulated partner is on this machine, and speaks http.
    services: { gateway: { settings: { VOLTAP_EGRESS_ALLOW_INSECURE: true } } },
    defaults: { drainSeconds: 5, terminationGraceSeconds: 30 },
  };
}

function ended(file: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, parameters, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code) || 1, output: stdout + stderr });
    });
  });
}
