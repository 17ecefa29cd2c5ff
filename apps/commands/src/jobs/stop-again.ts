import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { Database } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { StopCharge } from '../application/stop-charge.js';
import { CommandRepository } from '../store/command-repository.js';

const BATCH = 100;
/** The first twenty stops come at once, then one every ten minutes: a charge point that never obeys is not hammered. */
const PATIENCE = { patienceMs: 30_000, often: 20, restMs: 600_000 };

/** A charge that we want stopped and of which no report comes is stopped again, until it ends. */
@Injectable()
export class StopAgain implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly database: Database,
    private readonly commands: CommandRepository,
    private readonly stopCharge: StopCharge,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.add({ name: 'stop-again', everyMs: 5_000, run: () => this.run() });
  }

  private async run(): Promise<void> {
    for (const unheeded of await this.commands.unheededStops(BATCH, PATIENCE)) {
      const told = await this.database.transaction((transaction) => this.stopCharge.again(transaction, unheeded));
      const { session_id, partnerId } = unheeded.stop;
      if (told)
        this.logger.warn({ sessionId: session_id, partnerId }, 'a charge goes on after its stop and is stopped again');
    }
  }
}
