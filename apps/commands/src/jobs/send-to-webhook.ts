import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { Jobs } from '@voltap/platform/jobs';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { CallWebhook } from '../application/call-webhook.js';
import { forBackEnd } from '../application/command-records.js';
import { CompleteCommand } from '../application/complete-command.js';
import { PendingCommands } from '../application/pending-commands.js';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';

/** Calls under way at once: a command that waits for a slow charge point does not hold up the others. */
const MOST_CALLS = 50;
const JOB = 'send-to-webhook';

/** Sends open commands to the webhook of the back-end, each again until it was taken, or its deadline has passed. */
@Injectable()
export class SendToWebhook implements OnModuleInit, BeforeApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly jobs: Jobs,
    private readonly pending: PendingCommands,
    private readonly commands: CommandRepository,
    private readonly completeCommand: CompleteCommand,
    private readonly callWebhook: CallWebhook,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    if (!this.callWebhook.isSet) return;
    this.jobs.add({ name: JOB, everyMs: 250, run: () => this.run() });
    this.pending.onWake(() => this.jobs.wake(JOB));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async run(): Promise<void> {
    const free = MOST_CALLS - this.underWay.size;
    if (free <= 0) return;
    // A replica that dies with a command in hand leaves it to the others after this time.
    const holdMs = (this.config.VOLTAP_COMMANDS_WEBHOOK_TIMEOUT_SECONDS + 5) * 1000;
    for (const { command, before } of await this.commands.take(free, holdMs)) {
      const sending = this.send(command, before)
        .catch((error: unknown) => {
          this.logger.error({ error, commandId: command.id }, 'a command is sent to the webhook again');
        })
        .finally(() => this.underWay.delete(sending));
      this.underWay.add(sending);
    }
  }

  private async send(command: Command, before: boolean): Promise<void> {
    const answer = await this.callWebhook.execute(forBackEnd(command));
    if (!answer.taken) {
      const { reason, arrived } = answer;
      this.logger.warn({ commandId: command.id, reason }, 'the webhook did not take a command');
      const retryMs = this.config.VOLTAP_COMMANDS_WEBHOOK_RETRY_SECONDS * 1000 * (0.75 + Math.random() / 2);
      await this.commands.release(command.id, retryMs, before || arrived);
      return;
    }
    if (answer.result === null) {
      await this.commands.keepHandedOut(command.id);
      return;
    }
    try {
      await this.completeCommand.answer(command.id, answer.result);
    } catch (error) {
      // Recorded beside the outcome that stands.
      if (!(error instanceof VoltapError && error.code === 'conflict')) throw error;
    }
  }
}
