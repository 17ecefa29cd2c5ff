import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { Argument } from 'commander';
import { CommandFailure, EXIT } from './failure.js';
import type { Output } from './terminal.js';

/** Which service is meant: every service keeps and serves these for itself. */
export function theService(): Argument {
  return new Argument('<service>', 'the service that keeps it').choices(SERVICE_NAMES);
}

/** One service, or all when none is named. */
export function perhapsAService(): Argument {
  return new Argument('[service]', 'only of this service').choices(SERVICE_NAMES);
}

/**
 * Asks the services one after another. What those that answer say is shown; then it fails, when others did not.
 * @param show prints what was found, an entry for each service that answered
 * @throws CommandFailure unreachable
 */
export async function askServices<Answer>(
  named: string | undefined,
  output: Output,
  ask: (service: string) => Promise<Answer>,
  show: (answers: readonly (readonly [service: string, answer: Answer])[]) => void,
): Promise<void> {
  const answers: [string, Answer][] = [];
  const away: string[] = [];
  for (const service of named === undefined ? SERVICE_NAMES : [named]) {
    try {
      answers.push([service, await ask(service)]);
    } catch (error) {
      // One service that is away hides nothing of the others; one that refuses would be refused by all.
      if (named !== undefined || !(error instanceof CommandFailure) || error.exitCode !== EXIT.unreachable) throw error;
      away.push(service);
      output.tell(`${service}: ${error.message}`);
    }
  }
  if (answers.length > 0) show(answers);
  if (away.length > 0) throw new CommandFailure(`Not asked: ${away.join(', ')}.`, EXIT.unreachable);
}
