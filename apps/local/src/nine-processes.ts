import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICE_NODE_OPTIONS } from '@voltap/platform/bootstrap';
import { LocalError } from './local-error.js';
import { type Runtime, type RuntimeInputs, serviceEnvironment } from './runtime.js';
import type { Replica } from './topology.js';

const RESTART_DELAY_MS = 250;
/** As long as Kubernetes gives a pod. One that is killed keeps its partitions until its session is over. */
const STOP_PATIENCE_MS = 30_000;

/**
 * Each replica of each service in a process of its own, under a supervisor that starts it again when it dies, as an
 * orchestrator would. `<data directory>/processes.json` names the process ids: `gateway`, `gateway-2`, …
 */
export async function startInNineProcesses(
  inputs: RuntimeInputs,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Runtime> {
  const logDirectory = inputs.directory.logs;
  mkdirSync(logDirectory, { recursive: true });
  const supervised = inputs.topology.replicas.map(
    (replica) =>
      new SupervisedProcess(replica, inputs, environment, logDirectory, () => writeProcessIds(inputs, supervised)),
  );
  const stop = async () => {
    await Promise.all(supervised.map((process) => process.stop()));
  };
  try {
    await Promise.all(supervised.map((process) => process.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function writeProcessIds({ directory }: RuntimeInputs, supervised: readonly SupervisedProcess[]): void {
  const file = join(directory.path, 'processes.json');
  const ids = Object.fromEntries(supervised.map(({ name, pid }) => [name, pid ?? null]));
  writeFileSync(`${file}.new`, `${JSON.stringify(ids, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

class SupervisedProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    private readonly replica: Replica,
    private readonly inputs: RuntimeInputs,
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly logDirectory: string,
    private readonly changed: () => void,
  ) {}

  get name(): string {
    return this.replica.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when the service is ready; rejects when its first start fails. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.spawn();
      child.once('message', () => resolve());
      child.once('exit', (code, signal) => {
        reject(
          new LocalError(
            `${this.name} ended while it started (${signal ?? code})${this.lastWords()} See ${this.logFile}.`,
          ),
        );
      });
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await this.exited;
    clearTimeout(patience);
  }

  private get logFile(): string {
    return join(this.logDirectory, `${this.name}.log`);
  }

  /** What it said of its end, up to the stack. */
  private lastWords(): string {
    const said =
      readFileSync(this.logFile, 'utf8')
        .split(/^voltap [a-z]+: /m)
        .at(-1) ?? '';
    const words = said.startsWith('{') ? '' : said.split(/\n {4}at /)[0]?.trim();
    return words ? `: ${words.replace(/\.$/, '')}.` : '.';
  }

  private spawn(): ChildProcess {
    const { inputs, replica } = this;
    const log = openSync(this.logFile, 'a');
    const wrapper = wrappersOf(this.environment)[this.name] ?? [];
    const main = join(dirname(fileURLToPath(import.meta.resolve(`@voltap/${replica.service}`))), 'main.js');
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, ...SERVICE_NODE_OPTIONS, main];
    const child = spawn(command, rest, {
      stdio: ['ignore', log, log, 'ipc'],
      // A group of its own: Ctrl-C in the terminal reaches only the supervisor, which then stops in order.
      detached: true,
      env: {
        ...this.environment,
        ...serviceEnvironment(inputs, this.environment),
        ...inputs.foundation.environmentOf(),
        ...doorEnvironment(replica),
        VOLTAP_HOST: '127.0.0.1',
        VOLTAP_PORT: String(replica.port),
        VOLTAP_CALLER_SECRET: inputs.directory.callerSecret,
        VOLTAP_SEALING_SECRET: inputs.directory.sealingSecret,
        VOLTAP_LOG_LEVEL: inputs.options.logLevel,
      },
    });
    // The child has its own copy.
    closeSync(log);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
        if (!this.stopping) setTimeout(() => this.stopping || this.spawn(), RESTART_DELAY_MS);
      });
    });
    this.changed();
    return child;
  }
}

/** `VOLTAP_TEST_WRAPPERS` runs replicas by other commands, as JSON: `{"commands-2":["faketime","-f","+120s"]}`. */
function wrappersOf({ VOLTAP_TEST_WRAPPERS: text }: Readonly<Record<string, string | undefined>>) {
  return JSON.parse(text || '{}') as Readonly<Record<string, readonly string[]>>;
}

function doorEnvironment({ doors }: Replica): Record<string, string> {
  if (doors === undefined) return {};
  return {
    VOLTAP_GATEWAY_PUBLIC_PORT: String(doors.publicPort),
    VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(doors.backOfficePort),
  };
}
