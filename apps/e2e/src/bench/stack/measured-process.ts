import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Work that a process does when it is asked, by its name. Parameters and results travel as JSON. */
export type Works = Readonly<Record<string, (parameter: number) => unknown>>;

/** Another process of the measurement, as the one who asks it sees it. */
export interface MeasuredProcess {
  /** @throws Error with what the work threw, or when the process ended. */
  ask<Result = void>(work: string, parameter?: number): Promise<Result>;
  /** Processor time since its start, in milliseconds. */
  processorMs(): Promise<number>;
  end(): Promise<void>;
}

interface Question {
  readonly work: string;
  readonly parameter: number;
}

type Answer = { readonly result: unknown } | { readonly failure: string };

/** @param script compiled program beside this file, which calls `answer` */
export async function startMeasuredProcess(script: string, args: readonly string[]): Promise<MeasuredProcess> {
  const child: ChildProcess = fork(fileURLToPath(new URL(script, import.meta.url)), args);
  const ended = once(child, 'exit');
  const answer = async (): Promise<unknown> => {
    const said = await Promise.race([
      once(child, 'message') as Promise<[Answer]>,
      ended.then(([code]) => [{ failure: `it ended with ${String(code)}` }] as [Answer]),
    ]);
    if ('failure' in said[0]) throw new Error(`${script}: ${said[0].failure}`);
    return said[0].result;
  };
  await answer();
  const ask = async <Result>(work: string, parameter = 0): Promise<Result> => {
    const answered = answer();
    child.send({ work, parameter } satisfies Question);
    return (await answered) as Result;
  };
  return {
    ask,
    processorMs: () => ask<number>('processor'),
    async end() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Serves the process that started this one until it lets go, then closes. One question at a time. */
export function answer(works: Works, close: () => Promise<void>): void {
  const all: Works = {
    ...works,
    processor: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  };
  process.on('message', ({ work, parameter }: Question) => {
    void (async () => {
      try {
        process.send?.({ result: await all[work]?.(parameter) });
      } catch (error) {
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    })();
  });
  process.once('disconnect', () => {
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.send?.({ result: null });
}
