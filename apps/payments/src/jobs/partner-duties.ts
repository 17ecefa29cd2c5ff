import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Ids } from '@voltap/kernel';
import { Jobs } from '@voltap/platform/jobs';
import { Leases } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { ActivateTerminal } from '../application/activate-terminal.js';
import { AssignTerminal } from '../application/assign-terminal.js';
import { DeactivateTerminal } from '../application/deactivate-terminal.js';
import { ActivationRepository } from '../store/activation-repository.js';
import { TerminalRepository } from '../store/terminal-repository.js';

const EVERY_MS = 5_000;
const LEASE_MS = 60_000;

/** What is owed to partners, done by one replica at a time: pending activations, deactivations and assignments. */
@Injectable()
export class PartnerDuties implements OnModuleInit {
  private readonly owner: string;

  constructor(
    private readonly jobs: Jobs,
    private readonly leases: Leases,
    private readonly terminals: TerminalRepository,
    private readonly activations: ActivationRepository,
    private readonly activateTerminal: ActivateTerminal,
    private readonly deactivateTerminal: DeactivateTerminal,
    private readonly assignTerminal: AssignTerminal,
    ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.owner = ids.next();
  }

  onModuleInit(): void {
    this.jobs.add({ name: 'partner-duties', everyMs: EVERY_MS, run: () => this.run() });
  }

  private async run(): Promise<void> {
    if (!(await this.leases.acquire('partner-duties', this.owner, LEASE_MS))) return;
    try {
      await this.fulfil();
    } finally {
      // Whoever comes next, this instance after a restart included, need not wait for the lease to expire.
      await this.leases.release('partner-duties', this.owner);
    }
  }

  private async fulfil(): Promise<void> {
    for (const { partnerId, reference } of await this.activations.open()) {
      await this.attempt({ partnerId, reference }, () => this.activateTerminal.bring(partnerId, reference));
    }
    for (const { partnerId, terminalId } of await this.terminals.pendingDeactivations()) {
      await this.attempt({ partnerId, terminalId }, () => this.deactivateTerminal.bring(partnerId, terminalId));
    }
    for (const { partnerId, terminalId } of await this.terminals.pendingAssignments()) {
      await this.attempt({ partnerId, terminalId }, () => this.assignTerminal.bring(partnerId, terminalId));
    }
  }

  /** One partner's trouble is no other partner's. */
  private async attempt(duty: object, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.logger.warn({ error, ...duty }, 'a duty towards a partner failed, trying again later');
    }
  }
}
