import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { Metrics, type Observation } from '@voltap/platform/telemetry';
import { SilentTerminals } from '../store/silent-terminals.js';

const EVERY_MS = 20_000;

/** How many terminals of each partner are silent. Looked up now and then, not each time that somebody reads metrics. */
@Injectable()
export class TerminalMetrics implements OnModuleInit {
  private observations: Observation[] = [];

  constructor(
    private readonly metrics: Metrics,
    private readonly jobs: Jobs,
    private readonly silentTerminals: SilentTerminals,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(['voltap.terminals.silent'], async () => this.observations);
    this.jobs.add({ name: 'silent-terminals', everyMs: EVERY_MS, run: () => this.look() });
  }

  private async look(): Promise<void> {
    await this.silentTerminals.forgetOld();
    const silent = await this.silentTerminals.list();
    this.observations = (await this.silentTerminals.partners()).map((partnerId) => ({
      name: 'voltap.terminals.silent',
      value: silent.filter((terminal) => terminal.partnerId === partnerId).length,
      attributes: { 'voltap.partner.id': partnerId },
    }));
  }
}
