import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { MatchPayouts } from '../application/match-payouts.js';

const NAME = 'payout-matching';
const EVERY_MS = 60_000;
/** A service that is to stop waits for a run, and a large file takes long. */
const RUN_MS = 5_000;

/** Lines whose charge was not known yet, and those of an import that was broken off after it was stored. */
@Injectable()
export class PayoutMatching implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly matchPayouts: MatchPayouts,
  ) {}

  onModuleInit(): void {
    // Replicas may meet: each line is matched under its lock, once.
    this.jobs.add({ name: NAME, everyMs: EVERY_MS, run: () => this.run() });
  }

  private async run(): Promise<void> {
    const more = await this.matchPayouts.run({ forMs: RUN_MS });
    if (more) this.jobs.wake(NAME);
  }
}
