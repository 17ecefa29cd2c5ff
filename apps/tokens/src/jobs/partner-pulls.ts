import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Ids } from '@voltap/kernel';
import { Jobs } from '@voltap/platform/jobs';
import { Leases } from '@voltap/platform/persistence';
import { PullSchedule, SourcePulls } from '@voltap/platform/pulling';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { type PullSummary, PullTokens } from '../application/pull-tokens.js';

/** Tokens of partners are fetched when these register, by the clock, and on demand. */
@Injectable()
export class PartnerPulls implements OnModuleInit, BeforeApplicationShutdown {
  private readonly pulls: SourcePulls<PullSummary>;

  constructor(
    jobs: Jobs,
    leases: Leases,
    schedule: PullSchedule,
    pullTokens: PullTokens,
    ids: Ids,
    @Inject(LOGGER) logger: Logger,
  ) {
    const pull = pullTokens.execute.bind(pullTokens);
    this.pulls = new SourcePulls({ jobs, leases, schedule, logger, owner: ids.next(), pull });
  }

  onModuleInit(): void {
    this.pulls.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.pulls.stop();
  }

  /** A full pull of one partner's list. @throws VoltapError not_found, partner_unreachable, partner_refused, unavailable. */
  async now(partnerId: string): Promise<PullSummary> {
    return (await this.pulls.now(partnerId)).counts;
  }
}
