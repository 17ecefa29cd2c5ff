import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { Jobs } from '@voltap/platform/jobs';
import { ResealTokens } from '../application/reseal-tokens.js';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import { PartnerEventRepository } from '../store/partner-events.js';

const EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** At the start and every hour; two replicas at once do no harm. */
@Injectable()
export class KeepHouse implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly events: PartnerEventRepository,
    private readonly resealTokens: ResealTokens,
    private readonly clock: Clock,
    @Inject(credentialsConfig.token) private readonly config: CredentialsConfig,
  ) {}

  onModuleInit(): void {
    const keptMs = this.config.VOLTAP_CREDENTIALS_HISTORY_DAYS * DAY_MS;
    this.jobs.add({
      name: 'prune-history',
      everyMs: EVERY_MS,
      run: async () => {
        await this.events.prune(new Date(this.clock.now().getTime() - keptMs));
      },
    });
    this.jobs.add({ name: 'reseal-tokens', everyMs: EVERY_MS, run: () => this.resealTokens.execute() });
  }
}
