import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { MatchPayouts } from '../application/match-payouts.js';

const EVERY_MS = 60_000;

/** Lines whose charge was not known yet, and those of an import that was broken off after it was stored. */
@Injectable()
export class PayoutMatching implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly matchPayouts: MatchPayouts,
  ) {}

  onModuleInit(): void {
    // Replicas may meet: each line is matched under its lock, once.
    this.jobs.add({ name: 'payout-matching', everyMs: EVERY_MS, run: () => this.matchPayouts.run() });
  }
}
