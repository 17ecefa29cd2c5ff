import { endProcess } from '@voltap/platform/embedded';
import type { StackHome } from './home.ts';
import { childrenOf, signal } from './processes.ts';
import type { StackPart } from './stack.ts';
import { StackError } from './stack-error.ts';

/** A part that serves, as the one who started it sees it. */
export interface Serving {
  readonly pid: number;
  /** How it ended, if it ends without being asked. */
  readonly ended: Promise<string>;
  /** In order; by force when that takes too long. */
  stop(): Promise<void>;
  /** What remains to be done once it was killed. */
  release(): Promise<void>;
}

export interface PartLaunch {
  readonly name: string;
  readonly home: StackHome;
  readonly log: string;
  /** @param started tells the process id as soon as there is one */
  launch(started: (pid: number) => Promise<void>): Promise<Serving>;
  readonly onUnexpectedExit: (line: string) => void;
}

const KILL_PATIENCE_MS = 10_000;

/** Starts the part and stands for it over any number of deaths. */
export async function startPart(options: PartLaunch): Promise<StackPart> {
  const part = new SupervisedPart(options);
  await part.start();
  return part;
}

class SupervisedPart implements StackPart {
  private readonly options: PartLaunch;
  private serving: Serving | undefined;
  private starting = false;
  private frozen = false;

  constructor(options: PartLaunch) {
    this.options = options;
  }

  get pid(): number {
    return this.running().pid;
  }

  async start(): Promise<void> {
    if (this.serving !== undefined || this.starting) throw new StackError(`${this.options.name} is running already.`);
    this.starting = true;
    try {
      const serving = await this.options.launch((pid) => this.options.home.record(this.options.name, pid));
      this.serving = serving;
      this.frozen = false;
      void serving.ended.then((how) => this.hasEnded(serving, how));
    } finally {
      this.starting = false;
    }
  }

  async kill(): Promise<void> {
    const serving = this.running();
    this.serving = undefined;
    const members = [serving.pid, ...childrenOf(serving.pid)];
    await Promise.all(members.map((pid) => endProcess(pid, [['SIGKILL', KILL_PATIENCE_MS]])));
    await serving.release();
  }

  /** The first process first, so that it makes no others while they are being stopped. */
  async freeze(): Promise<void> {
    const { pid } = this.running();
    signal(pid, 'SIGSTOP');
    for (const child of childrenOf(pid)) signal(child, 'SIGSTOP');
    this.frozen = true;
  }

  async thaw(): Promise<void> {
    const { pid } = this.running();
    for (const child of childrenOf(pid)) signal(child, 'SIGCONT');
    signal(pid, 'SIGCONT');
    this.frozen = false;
  }

  async stop(): Promise<void> {
    if (this.serving === undefined) return;
    // What is frozen hears nothing.
    if (this.frozen) await this.thaw();
    const { serving } = this;
    this.serving = undefined;
    await serving?.stop();
  }

  private running(): Serving {
    if (this.serving === undefined) throw new StackError(`${this.options.name} is not running.`);
    return this.serving;
  }

  private async hasEnded(serving: Serving, how: string): Promise<void> {
    if (this.serving !== serving) return;
    this.serving = undefined;
    await serving.release();
    this.options.onUnexpectedExit(`${this.options.name} ended unexpectedly (${how}); see ${this.options.log}.`);
  }
}
