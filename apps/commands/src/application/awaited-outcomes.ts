import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CorrelationStore } from '@voltap/platform/correlation';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';

/** Longer than anybody may wait. */
const KEEP_MS = 120_000;
/** The row is looked at this often: what the correlation store has lost, or could not take, costs no more than this. */
const LOOK_EVERY_MS = 2_000;
const LOOK_WITHOUT_STORE_MS = 250;

/**
 * Outcomes that somebody at the back-office waits for, on whichever replica it arrives. The correlation store wakes at
 * once; the row in the database is what counts.
 */
@Injectable()
export class AwaitedOutcomes {
  constructor(
    private readonly correlation: CorrelationStore,
    private readonly commands: CommandRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** After the outcome is committed. Never throws: who waits looks for itself. */
  tell(commandId: string): void {
    this.correlation.notify(keyOf(commandId), 'completed', KEEP_MS).catch((error: unknown) => {
      this.logger.warn({ error, commandId }, 'who waits for an outcome has to look for it');
    });
  }

  /** The command when it has its outcome, or as it is when `waitMs` have passed or nobody waits any more. */
  async wait(commandId: string, waitMs: number, signal: AbortSignal): Promise<Command> {
    const end = performance.now() + waitMs;
    for (;;) {
      const command = await this.commands.find(commandId);
      if (command === null) throw new Error(`command ${commandId} is gone`);
      const left = end - performance.now();
      if (command.outcome !== null || left <= 0 || signal.aborted) return command;
      await this.wake(commandId, Math.min(left, LOOK_EVERY_MS), signal);
    }
  }

  private async wake(commandId: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.correlation.wait(keyOf(commandId), milliseconds, signal);
    } catch (error) {
      this.logger.warn({ error, commandId }, 'the correlation store is away; the outcome is looked for');
      await pause(Math.min(milliseconds, LOOK_WITHOUT_STORE_MS));
    }
  }
}

function keyOf(commandId: string): string {
  return `outcome ${commandId}`;
}
