/** A real cluster of one node on this machine: made, and taken away without a trace. */
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@voltap/platform/testing';
import { type Daemon, startDaemon } from './daemon.ts';
import { type KubernetesApi, kubernetesApi } from './kubernetes-api.ts';
import { keepNames, type NameKeeper } from './names.ts';
import { ClusterError, type KubernetesPrograms } from './programs.ts';
import {
  API_PORT,
  apiServerParameters,
  BRIDGE,
  containerdConfiguration,
  etcdParameters,
  kubeconfig,
  kubeletConfiguration,
  NODE,
  networkConfiguration,
  PODS,
  proxyParameters,
} from './settings.ts';

const run = promisify(execFile);
/** Where the networks of pods have their names. */
const NETWORKS = '/run/netns';
/** Settings of the machine that the node changes. */
const CHANGED = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/route_localnet',
  'vm/overcommit_memory',
  'kernel/panic',
  'kernel/panic_on_oops',
];

export interface Cluster {
  readonly api: KubernetesApi;
  /** Path of the file by which helm and kubectl reach it. */
  readonly configuration: string;
  /** Programs of the cluster that ended though nobody ended them. */
  failures(): string[];
  /** Takes away everything, what runs in pods too. */
  stop(): Promise<void>;
}

/** @param folder empty, with a short path: sockets lie in it */
export async function startCluster(
  folder: string,
  programs: KubernetesPrograms,
  images: readonly string[],
): Promise<Cluster> {
  const before = new Map(CHANGED.map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8')]));
  const daemons: Daemon[] = [];
  const failures = () => daemons.flatMap((daemon) => daemon.ended() ?? []);
  const start = (name: string, file: string, parameters: readonly string[]): void => {
    daemons.push(startDaemon(folder, name, file, parameters));
  };
  const until = (what: string, probe: () => Promise<unknown>): Promise<unknown> =>
    waitUntil(
      async () => {
        const [failure] = failures();
        return failure === undefined ? await probe() : failure;
      },
      { describe: what, timeoutMs: 180_000 },
    ).then((answer) => {
      if (typeof answer === 'string') throw new ClusterError(answer);
    });
  let names: NameKeeper | undefined;
  const stop = async (): Promise<void> => {
    await names?.stop();
    // The node first: what it starts again would stay. containerd last, since it ends the pods.
    const order = [
      'kubelet',
      'kube-proxy',
      'names',
      'kube-scheduler',
      'kube-controller-manager',
      'kube-apiserver',
      'etcd',
    ];
    for (const name of order) await daemons.find((daemon) => daemon.name === name)?.stop();
    await run(programs['kube-proxy'], ['--cleanup']).catch(() => undefined);
    await endPods(folder);
    await daemons.find((daemon) => daemon.name === 'containerd')?.stop();
    clearAway(folder);
    for (const [name, text] of before) writeFileSync(`/proc/sys/${name}`, text);
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const token = randomBytes(24).toString('hex');
    const api = kubernetesApi(API_PORT, token);
    const configuration = await writeSettings(folder, token);
    makeBridge();
    start('etcd', programs.etcd, etcdParameters(folder));
    start('containerd', 'containerd', ['--config', join(folder, 'containerd.toml')]);
    start('kube-apiserver', programs['kube-apiserver'], apiServerParameters(folder));
    await until('the API', () => api.get('/readyz'));
    start('kube-controller-manager', programs['kube-controller-manager'], controllerParameters(folder, configuration));
    start('kube-scheduler', programs['kube-scheduler'], schedulerParameters(folder, configuration));
    const containers = ['--address', join(folder, 'containerd.sock'), '--namespace', 'k8s.io'];
    await until('containerd', () => run('ctr', [...containers, 'version']));
    for (const image of images) await run('ctr', [...containers, 'images', 'import', image]);
    start('kubelet', programs.kubelet, kubeletParameters(folder, configuration));
    start('kube-proxy', programs['kube-proxy'], proxyParameters(configuration));
    start('names', 'dnsmasq', namesParameters(folder));
    await until('the node', () => isNodeReady(api));
    await until('the first service account', () => api.get('/api/v1/namespaces/default/serviceaccounts/default'));
    names = keepNames(api, join(folder, 'names'));
    return { api, configuration, failures, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeSettings(folder: string, token: string): Promise<string> {
  await mkdir(join(folder, 'network'), { recursive: true });
  await mkdir(join(folder, 'names'), { recursive: true });
  const configuration = join(folder, 'kubeconfig');
  await writeFile(configuration, JSON.stringify(kubeconfig(token)), { mode: 0o600 });
  await writeFile(join(folder, 'tokens.csv'), `${token},administrator,1,"system:masters"\n`, { mode: 0o600 });
  await writeFile(join(folder, 'kubelet.json'), JSON.stringify(kubeletConfiguration(folder)));
  await writeFile(join(folder, 'containerd.toml'), containerdConfiguration(folder));
  await writeFile(join(folder, 'network/10-voltap.conflist'), JSON.stringify(networkConfiguration(folder)));
  const key = join(folder, 'accounts.key');
  execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'pipe' });
  execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', join(folder, 'accounts.pub')], { stdio: 'pipe' });
  return configuration;
}

/** The node's address must be there before the kubelet, and be no loopback. */
function makeBridge(): void {
  const steps = [
    ['link', 'add', BRIDGE, 'type', 'bridge'],
    ['addr', 'add', `${NODE}/${PODS.split('/')[1]}`, 'dev', BRIDGE],
    ['link', 'set', BRIDGE, 'up'],
  ];
  for (const step of steps) execFileSync('ip', step, { stdio: 'pipe' });
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}

function controllerParameters(folder: string, configuration: string): string[] {
  return [
    `--kubeconfig=${configuration}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${join(folder, 'accounts.key')}`,
    `--cert-dir=${join(folder, 'controller-certificates')}`,
    '--secure-port=0',
  ];
}

function schedulerParameters(folder: string, configuration: string): string[] {
  return [
    `--kubeconfig=${configuration}`,
    '--leader-elect=false',
    `--cert-dir=${join(folder, 'scheduler')}`,
    '--secure-port=0',
  ];
}

function kubeletParameters(folder: string, configuration: string): string[] {
  return [
    `--config=${join(folder, 'kubelet.json')}`,
    `--kubeconfig=${configuration}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet/pki')}`,
    '--hostname-override=node',
    `--node-ip=${NODE}`,
  ];
}

/** Answers for Services by the files of `names`, which are read when they are written. */
function namesParameters(folder: string): string[] {
  return [
    '--keep-in-foreground',
    '--log-facility=-',
    '--user=root',
    '--conf-file=/dev/null',
    '--pid-file',
    `--listen-address=${NODE}`,
    '--bind-interfaces',
    '--no-resolv',
    '--no-hosts',
    '--local=/cluster.local/',
    '--cache-size=0',
    `--hostsdir=${join(folder, 'names')}`,
  ];
}

async function isNodeReady(api: KubernetesApi): Promise<boolean> {
  interface Node {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const node = await api.get<Node>('/api/v1/nodes/node');
  return node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** The shims of containerd hold the pods; they outlive everybody else. */
async function endPods(folder: string): Promise<void> {
  const containers = ['--address', join(folder, 'containerd.sock'), '--namespace', 'k8s.io'];
  const listed = await run('ctr', [...containers, 'tasks', 'list', '--quiet']).catch(() => ({ stdout: '' }));
  for (const task of listed.stdout.split('\n').filter((line) => line !== '')) {
    await run('ctr', [...containers, 'tasks', 'kill', '--all', '--signal', 'SIGKILL', task]).catch(() => undefined);
    await run('ctr', [...containers, 'tasks', 'delete', '--force', task]).catch(() => undefined);
  }
}

/** Shims, mounts, name spaces of the network, control groups and the bridge: what would outlive the folder. */
function clearAway(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (commandLineOf(pid).includes(`\0${join(folder, 'containerd.sock')}\0`)) process.kill(Number(pid), 'SIGKILL');
  }
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed())
    quietly('umount', ['-l', mount]);
  for (const name of existsSync(NETWORKS) ? readdirSync(NETWORKS) : []) {
    if (name.startsWith('cni-')) quietly('ip', ['netns', 'delete', name]);
  }
  quietly('ip', ['link', 'delete', BRIDGE]);
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    quietly('find', [`/sys/fs/cgroup/${controller}/kubepods`, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}

/** What is not there need not be taken away. */
function quietly(file: string, parameters: readonly string[]): void {
  try {
    execFileSync(file, parameters, { stdio: 'ignore' });
  } catch {
    return;
  }
}
