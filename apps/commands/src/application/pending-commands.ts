import { Inject, Injectable } from '@nestjs/common';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';

/** Commands promised by another replica are seen within this time. */
const LOOK_EVERY_MS = 500;

/** Hands open commands to the back-end, which waits for them: at least once each, until it answers or the deadline does. */
@Injectable()
export class PendingCommands {
  private waiting = new Set<() => void>();
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly commands: CommandRepository,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
  ) {}

  readonly wake = (): void => {
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const resume of waiting) resume();
    for (const listener of this.listeners) listener();
  };

  /** Calls back whenever this replica has promised a command. */
  onWake(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Commands as soon as there are any, else none when `waitMs` have passed or the back-end has gone. */
  async next(limit: number, waitMs: number, signal: AbortSignal): Promise<Command[]> {
    const end = Date.now() + waitMs;
    for (;;) {
      if (signal.aborted) return [];
      const commands = await this.commands.handOut(limit, this.config.VOLTAP_COMMANDS_HAND_OUT_SECONDS * 1000);
      const left = end - Date.now();
      if (commands.length > 0 || left <= 0) return commands;
      await this.pause(Math.min(left, LOOK_EVERY_MS), signal);
    }
  }

  private pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', resume);
        this.waiting.delete(resume);
        resolve();
      };
      const timer = setTimeout(resume, milliseconds);
      signal.addEventListener('abort', resume, { once: true });
      this.waiting.add(resume);
    });
  }
}
