/** The programs of the cluster: Kubernetes built from its Go modules, the rest from packages of the system. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaced } from '../stack/cache.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'kubernetes');
const VERSION = { gitVersion: 'v1.37.2', gitMajor: '1', gitMinor: '37' };
const NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'] as const;
/** Debian's packages of the programs that are not built. */
const PACKAGES = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
  dnsmasq: 'dnsmasq-base',
  gcc: 'gcc',
  openssl: 'openssl',
  ip: 'iproute2',
} as const;
/** Debian keeps the plugins of the container network here. */
export const NETWORK_PLUGINS = '/usr/lib/cni';

export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

export type KubernetesProgram = (typeof NAMES)[number];
export type KubernetesPrograms = Readonly<Record<KubernetesProgram, string>>;

/** @throws ClusterError one line with what is missing and how it is had. */
export function requireMachine(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new ClusterError('A cluster needs Linux and root: containers, networks and mounts are made for it.');
  }
  const missing = new Set<string>();
  for (const [program, name] of Object.entries(PACKAGES)) if (!isOnPath(program)) missing.add(name);
  if (!existsSync(join(NETWORK_PLUGINS, 'bridge'))) missing.add('containernetworking-plugins');
  if (missing.size > 0) {
    throw new ClusterError(
      `The cluster needs packages: RUNLEVEL=1 apt-get install -y --no-install-recommends ${[...missing].join(' ')}`,
    );
  }
}

function isOnPath(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Built once for each set of sources; the first time takes a quarter of an hour and 8 GB of disk. @throws ClusterError */
export async function kubernetesPrograms(cache: string, progress: (line: string) => void): Promise<KubernetesPrograms> {
  const sources = ['go.mod', 'go.sum', 'main.go'].map((name) => readFileSync(join(SOURCE, name)));
  const edition = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 12);
  const folder = join(cache, `kubernetes-${edition}`);
  if (!existsSync(folder)) {
    progress(`Building Kubernetes ${VERSION.gitVersion}, once; this takes a quarter of an hour`);
    await replaced(cache, folder, async (fresh) => {
      await mkdir(fresh);
      await build(join(fresh, 'kubernetes'));
      for (const name of NAMES) await symlink('kubernetes', join(fresh, name));
    });
  }
  return Object.fromEntries(NAMES.map((name) => [name, join(folder, name)])) as unknown as KubernetesPrograms;
}

async function build(target: string): Promise<void> {
  const settings = Object.entries(VERSION).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s', '-w', ...settings].join(' ')];
  try {
    const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' };
    await run('go', ['build', ...flags, '-o', target, '.'], { cwd: SOURCE, env, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT')
      throw new ClusterError('Kubernetes is built with Go 1.26 or newer (https://go.dev), which is not on the PATH.');
    throw new ClusterError(`Kubernetes cannot be built: ${stderr.trim().slice(-2000)}`, { cause: error });
  }
}
