/** The programs of this machine that the stack runs: found, or asked for in one line. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PartName } from './stack.ts';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);

const OLDEST_JAVA = 17;
/** Debian's names; `.ci/run` installs the same. */
const PACKAGES = { java: 'openjdk-17-jre-headless', mvn: 'maven', 'redis-server': 'redis-server', openssl: 'openssl' };
type Program = keyof typeof PACKAGES;
const NAMES: Readonly<Record<Program, string>> = {
  java: `Java ${OLDEST_JAVA} or newer`,
  mvn: 'Maven',
  'redis-server': 'Redis',
  openssl: 'openssl',
};

export interface Requirements {
  readonly parts: readonly PartName[];
  readonly secure: boolean;
  /** Whether Kafka's jars must be fetched still. */
  readonly fetching: boolean;
}

/**
 * @returns what `java -version` says, to tell one Java from another; '' when it is not needed
 * @throws StackError one line, with the command that installs everything missing
 */
export async function requirePrograms({ parts, secure, fetching }: Requirements): Promise<string> {
  const kafka = parts.includes('kafka');
  const [java, mvn, redis, openssl] = await Promise.all([
    kafka ? output('java', '-version') : '',
    kafka && fetching ? output('mvn', '--version') : '',
    parts.includes('redis') ? output('redis-server', '--version') : '',
    secure ? output('openssl', 'version') : '',
  ]);
  const missing: Program[] = [];
  if (java === undefined || (java !== '' && majorOf(java) < OLDEST_JAVA)) missing.push('java');
  if (mvn === undefined) missing.push('mvn');
  if (redis === undefined) missing.push('redis-server');
  if (openssl === undefined) missing.push('openssl');
  if (missing.length > 0) throw new StackError(lineFor(missing));
  return java ?? '';
}

function lineFor(missing: readonly Program[]): string {
  const names = missing.map((program) => NAMES[program]).join(', ');
  const install = `apt-get install -y ${missing.map((program) => PACKAGES[program]).join(' ')}`;
  return `The stack needs ${names}, which this machine lacks. On Debian or Ubuntu, as root: ${install}`;
}

/** Undefined when the program cannot be run. */
async function output(program: Program, question: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, [question], { timeout: 30_000 });
    return stdout + stderr;
  } catch {
    // Whatever keeps it from telling its version keeps us from using it.
    return undefined;
  }
}

/** `openjdk version "17.0.15" 2025-04-15`; Java 8 called itself 1.8. */
function majorOf(version: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return Number(first === '1' ? second : first) || 0;
}
