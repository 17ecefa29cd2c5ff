import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { LOGGER, type Logger, Metrics } from '@voltap/platform/telemetry';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { SessionRepository } from '../store/session-repository.js';

const EVERY_MS = 60_000;
const BATCH = 100;

/** Reports that never become sessions are forgotten by age, each with a line in the log; how many wait is a metric. */
@Injectable()
export class ForgetReports implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly sessions: SessionRepository,
    private readonly metrics: Metrics,
    @Inject(sessionsConfig.token) private readonly config: SessionsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.add({ name: 'forget-reports', everyMs: EVERY_MS, run: () => this.run() });
    this.metrics.begin(
      'voltap.sessions.unbound.forgotten',
      { 'voltap.reason': 'waiting' },
      { 'voltap.reason': 'contested' },
    );
    this.metrics.observe(['voltap.sessions.unbound'], async () => {
      const { waiting, contested } = await this.sessions.countUnbound();
      const name = 'voltap.sessions.unbound' as const;
      return [
        { name, value: waiting, attributes: { 'voltap.reason': 'waiting' } },
        { name, value: contested, attributes: { 'voltap.reason': 'contested' } },
      ];
    });
  }

  private async run(): Promise<void> {
    let count: number;
    do {
      const forgotten = await this.sessions.pruneUnbound(this.config.VOLTAP_SESSIONS_UNBOUND_DAYS, BATCH);
      for (const { party, id, commandId, idTag, contestedBy, report } of forgotten) {
        const { status, kwh } = report;
        this.logger.warn(
          { ...party, sessionId: id, commandId, idTag, contestedBy, status, kwh },
          'a report never became a session and is forgotten',
        );
        const reason = contestedBy === null ? 'waiting' : 'contested';
        this.metrics.count('voltap.sessions.unbound.forgotten', { 'voltap.reason': reason });
      }
      count = forgotten.length;
    } while (count === BATCH);
  }
}
