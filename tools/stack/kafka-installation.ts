/** Kafka in the cache: its jars, a formatted directory to copy, and the archive of loaded classes that makes it start fast. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaced } from './cache.ts';
import { brokerSettings } from './kafka-settings.ts';
import type { Credentials } from './stack.ts';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);

const POM = join(import.meta.dirname, 'pom.xml');
/** A JVM that starts fast and stays small; the archive fits only a JVM with the same collector. */
export const JVM_OPTIONS = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

export interface KafkaInstallation {
  readonly folder: string;
  readonly classPath: string;
  /** Of this Java; need not exist. */
  readonly archive: string;
}

/** Where Kafka lies in the cache: another pom is another installation. */
export function kafkaFolder(cache: string): string {
  return join(cache, `kafka-${shortHash(readFileSync(POM))}`);
}

export function isFetched(cache: string): boolean {
  return existsSync(join(kafkaFolder(cache), 'libs'));
}

/** @param java what tells one Java from another */
export async function installKafka(
  cache: string,
  java: string,
  progress: (line: string) => void,
): Promise<KafkaInstallation> {
  const folder = kafkaFolder(cache);
  const libs = join(folder, 'libs');
  if (!isFetched(cache)) await fetchJars(folder, libs, progress);
  const jars = (await readdir(libs)).filter((name) => name.endsWith('.jar')).sort();
  return {
    folder,
    // Always in the same order: the archive is refused for another.
    classPath: jars.map((jar) => join(libs, jar)).join(':'),
    archive: join(folder, `broker-${shortHash(java)}.jsa`),
  };
}

async function fetchJars(folder: string, libs: string, progress: (line: string) => void): Promise<void> {
  progress('Fetching Kafka from Maven Central, once (44 MB)');
  await replaced(folder, libs, async (fresh) => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fresh}`];
    try {
      await run('mvn', ['-q', '-B', '-f', POM, ...goal]);
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      const reason = `${stdout}\n${stderr}`.split('\n').find((line) => line.startsWith('[ERROR]'));
      throw new StackError(
        `Kafka cannot be fetched from Maven Central: ${reason?.slice('[ERROR]'.length).trim() ?? String(error)}`,
      );
    }
  });
}

/**
 * A formatted directory of a cluster of its own. Formatting takes a JVM of a second; a copy with another cluster id does not.
 * @param users get their SCRAM-SHA-512 credentials, which are written at formatting
 */
export async function formatDirectory(
  installation: KafkaInstallation,
  directory: string,
  cluster: string,
  users: readonly Credentials[] = [],
): Promise<void> {
  if (users.length > 0) return format(installation, directory, cluster, users);
  const template = join(installation.folder, 'formatted');
  if (!existsSync(template)) {
    await replaced(installation.folder, template, (fresh) => format(installation, fresh, cluster, []));
  }
  await cp(template, directory, { recursive: true });
  const properties = join(directory, 'meta.properties');
  const written = await readFile(properties, 'utf8');
  await writeFile(properties, written.replace(/^cluster\.id=.*$/m, `cluster.id=${cluster}`));
}

async function format(
  installation: KafkaInstallation,
  directory: string,
  cluster: string,
  users: readonly Credentials[],
): Promise<void> {
  const settings = `${directory}.properties`;
  await writeFile(settings, brokerSettings({ client: 9092, controller: 9093 }, directory));
  try {
    await runTool(installation, 'kafka.tools.StorageTool', [
      ...['format', '-t', cluster, '-c', settings],
      ...users.flatMap(({ username, password }) => [
        '--add-scram',
        `SCRAM-SHA-512=[name=${username},password=${password}]`,
      ]),
    ]);
  } finally {
    await rm(settings, { force: true });
  }
}

/** Runs one of Kafka's own command line tools. @returns what it wrote on stdout */
export async function runTool(
  installation: Pick<KafkaInstallation, 'classPath'>,
  tool: string,
  parameters: readonly string[],
): Promise<string> {
  const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  try {
    return (await run('java', [...options, '-cp', installation.classPath, tool, ...parameters])).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new StackError(`${tool} failed: ${`${stdout}${stderr}`.trim() || String(error)}`);
  }
}

function shortHash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
