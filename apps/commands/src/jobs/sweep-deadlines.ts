import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { CompleteCommand } from '../application/complete-command.js';
import { CommandRepository } from '../store/command-repository.js';

const BATCH = 200;

/** Deadlines are rows: whichever replica looks first ends what was not answered, also after a restart. */
@Injectable()
export class SweepDeadlines implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly commands: CommandRepository,
    private readonly completeCommand: CompleteCommand,
  ) {}

  onModuleInit(): void {
    this.jobs.add({ name: 'sweep-deadlines', everyMs: 500, run: () => this.run() });
  }

  private async run(): Promise<void> {
    let overdue: string[];
    do {
      overdue = await this.commands.overdue(BATCH);
      for (const id of overdue) await this.completeCommand.timeOut(id);
    } while (overdue.length === BATCH);
  }
}
