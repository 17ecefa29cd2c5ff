import { Inject, Injectable } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import {
  type ConnectorReadiness,
  connectorReadiness,
  isReady,
  type Obstacle,
  terminalObstacles,
} from '../domain/readiness.js';
import { ownerOf } from '../domain/terminal.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { Projections } from '../store/projections.js';
import { TerminalRepository } from '../store/terminal-repository.js';

export interface Readiness {
  /** Whether a driver could start now at one connector at least. */
  readonly ready: boolean;
  readonly obstacles: readonly Obstacle[];
  readonly connectors: readonly ConnectorReadiness[];
}

/** Would a driver be able to start here now? By what we know ourselves; whether the charger answers is known when it is asked. */
@Injectable()
export class JudgeReadiness {
  constructor(
    private readonly terminals: TerminalRepository,
    private readonly projections: Projections,
    private readonly clock: Clock,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /** @throws VoltapError not_found. */
  async execute(partnerId: string, terminalId: string): Promise<Readiness> {
    const stored = await this.terminals.find(partnerId, terminalId);
    if (stored === null) throw new VoltapError('not_found', `There is no terminal ${terminalId} of this partner.`);
    const { terminal, assignment, receiptSecret, deactivation = null } = stored.content;
    const partner = await this.projections.partner(partnerId);
    const obstacles = terminalObstacles({
      terminal,
      assignment,
      hasOwner: partner !== null && ownerOf(terminal, partner) !== null,
      missingSince: await this.terminals.missingSince(partnerId, terminal.terminal_id),
      deactivation: deactivation?.state ?? null,
      invoiceBaseUrl: `${this.config.VOLTAP_PUBLIC_URL}/receipts/${receiptSecret}`,
      partnerStatus: partner?.status ?? null,
      partnerEndpoints: partner?.endpoints ?? [],
    });
    const locations = await this.projections.served(partner?.parties ?? [], assignment);
    const tariffs = await this.projections.tariffsOf(locations, partnerId);
    const connectors = connectorReadiness(locations, assignment, tariffs, this.clock.now());
    return { ready: isReady(obstacles, connectors), obstacles, connectors };
  }
}
