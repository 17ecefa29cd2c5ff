/** Addresses of the cluster, and the files by which its programs are told of them. */
import { join } from 'node:path';
import { PAUSE_IMAGE } from './images.ts';
import { NETWORK_PLUGINS } from './programs.ts';

/** One cluster on a machine: bridge, subnet and ports are fixed. */
export const BRIDGE = 'voltap0';
export const NODE = '10.244.0.1';
export const PODS = '10.244.0.0/24';
export const SERVICES = '10.96.0.0/16';
export const API_PORT = 16443;
export const ETCD = 'http://127.0.0.1:12379';
const ETCD_PEERS = 'http://127.0.0.1:12380';

export function etcdParameters(folder: string): string[] {
  return [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync'],
    ...['--listen-client-urls', ETCD, '--advertise-client-urls', ETCD],
    ...['--listen-peer-urls', ETCD_PEERS, '--initial-advertise-peer-urls', ETCD_PEERS],
    ...['--initial-cluster', `default=${ETCD_PEERS}`],
  ];
}

export function apiServerParameters(folder: string): string[] {
  return [
    `--etcd-servers=${ETCD}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${API_PORT}`,
    `--cert-dir=${join(folder, 'api-certificates')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    `--service-account-key-file=${join(folder, 'accounts.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${SERVICES}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    // A loopback address is no endpoint; nothing in a pod of ours asks the API.
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

export function kubeconfig(token: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'voltap' },
    clusters: [
      { name: 'voltap', cluster: { server: `https://127.0.0.1:${API_PORT}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'administrator', user: { token } }],
    contexts: [{ name: 'voltap', context: { cluster: 'voltap', user: 'administrator' } }],
  };
}

export function kubeletConfiguration(folder: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    // Machines with the older kind of control groups do as well.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    containerRuntimeEndpoint: `unix://${join(folder, 'containerd.sock')}`,
    failSwapOn: false,
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    clusterDomain: 'cluster.local',
    clusterDNS: [NODE],
    resolvConf: '',
    podLogsDir: join(folder, 'pods'),
    maxPods: 100,
    // The images are nowhere else: none may be cleared away.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  };
}

export function containerdConfiguration(folder: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${join(folder, 'containerd')}"
state = "${join(folder, 'containerd-state')}"
[grpc]
address = "${join(folder, 'containerd.sock')}"
[${cri}]
sandbox_image = "${PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
[${cri}.cni]
bin_dir = "${NETWORK_PLUGINS}"
conf_dir = "${join(folder, 'network')}"
[${cri}.containerd]
snapshotter = "overlayfs"
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

export function networkConfiguration(folder: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: PODS }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(folder, 'addresses'),
  };
  return {
    cniVersion: '0.4.0',
    name: 'voltap',
    plugins: [
      { type: 'bridge', bridge: BRIDGE, isGateway: true, hairpinMode: true, ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

export function proxyParameters(configuration: string): string[] {
  return [
    `--kubeconfig=${configuration}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${PODS}`,
    '--hostname-override=node',
    '--nodeport-addresses=primary',
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
    '--metrics-bind-address=127.0.0.1:10249',
    '--healthz-bind-address=127.0.0.1:10256',
  ];
}
