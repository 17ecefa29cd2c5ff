import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '@voltap/platform/embedded';
import type { StackHome } from './home.ts';
import { formatDirectory, installKafka, JVM_OPTIONS, type KafkaInstallation } from './kafka-installation.ts';
import { servingCluster } from './kafka-probe.ts';
import { type BrokerPorts, type BrokerSecurity, brokerSettings } from './kafka-settings.ts';
import type { Serving } from './part.ts';
import { type Child, startChild } from './processes.ts';
import { serves, stopChild } from './serving.ts';
import type { Credentials } from './stack.ts';

const HEAP = '-Xmx256m';
const ARCHIVE_PATIENCE_MS = 60_000;

export interface BrokerOptions {
  readonly installation: KafkaInstallation;
  /** Of the broker: what it stores, its settings. Made when missing. */
  readonly directory: string;
  readonly log: string;
  readonly ports: BrokerPorts;
  readonly security?: BrokerSecurity;
  /** Users of SCRAM-SHA-512. */
  readonly users?: readonly Credentials[];
}

export interface Broker {
  start(started: (pid: number) => Promise<void>): Promise<Serving>;
}

/** A broker with a directory of its own, not started yet. */
export async function prepareBroker(options: BrokerOptions): Promise<Broker> {
  const { installation, directory, ports } = options;
  const stored = join(directory, 'stored');
  const settings = join(directory, 'server.properties');
  const cluster = newClusterId();
  await mkdir(directory, { recursive: true });
  await formatDirectory(installation, stored, cluster, options.users);
  await writeFile(settings, brokerSettings(ports, stored, options.security), { mode: 0o600 });
  const archive = existsSync(installation.archive) ? [`-XX:SharedArchiveFile=${installation.archive}`] : [];
  return {
    async start(started) {
      const child = await launch(options, archive, settings);
      await started(child.pid);
      await serves('Kafka', child, options.log, async () => (await servingCluster(ports.client)) === cluster);
      return { pid: child.pid, ended: child.ended, stop: () => stopChild(child), release: async () => undefined };
    },
  };
}

/**
 * Kafka in the cache, ready to start fast. The archive of loaded classes halves the start; it is written by a broker that
 * runs for nothing else, once for each Java.
 */
export async function prepareKafka(
  cache: string,
  java: string,
  home: StackHome,
  ports: BrokerPorts,
  progress: (line: string) => void,
): Promise<KafkaInstallation> {
  const installation = await installKafka(cache, java, progress);
  if (existsSync(installation.archive)) return installation;
  progress('Preparing Kafka, once');
  const directory = join(home.directory, 'archiving');
  const log = join(home.directory, 'archiving.log');
  const fresh = `${installation.archive}.${process.pid}`;
  const stored = join(directory, 'stored');
  const settings = join(directory, 'server.properties');
  const cluster = newClusterId();
  await mkdir(directory);
  await formatDirectory(installation, stored, cluster);
  await writeFile(settings, brokerSettings(ports, stored));
  const child = await launch({ installation, log }, [`-XX:ArchiveClassesAtExit=${fresh}`], settings);
  await home.record('archiving', child.pid);
  await serves('Kafka', child, log, async () => (await servingCluster(ports.client)) === cluster);
  await endProcess(child.pid, [
    ['SIGTERM', ARCHIVE_PATIENCE_MS],
    ['SIGKILL', 5_000],
  ]);
  if (existsSync(fresh)) await rename(fresh, installation.archive);
  else progress('This Java wrote no archive of classes: Kafka starts, but takes twice as long.');
  await rm(directory, { recursive: true });
  return installation;
}

function launch(
  { installation, log }: Pick<BrokerOptions, 'installation' | 'log'>,
  archive: readonly string[],
  settings: string,
): Promise<Child> {
  return startChild(
    'java',
    [HEAP, ...JVM_OPTIONS, ...archive, '-cp', installation.classPath, 'kafka.Kafka', settings],
    log,
  );
}

/** 16 bytes, as Kafka writes them. One that begins with a hyphen its tool takes for an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
