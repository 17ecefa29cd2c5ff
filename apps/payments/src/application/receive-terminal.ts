import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, sameJson, VoltapError } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { activatedBy, assignmentOf, isAwaited } from '../domain/activation.js';
import { mergeTerminal, NO_ASSIGNMENT, type TerminalRecord } from '../domain/terminal.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { ActivationRepository, type StoredActivation } from '../store/activation-repository.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';
import { TellTerminal } from './tell-terminal.js';

/** How a PTP tells a terminal: as a whole, or only what changed of one that is known. */
export type Telling = 'whole' | 'patch';

/**
 * A PTP tells us of one of its terminals: by POST, PUT or PATCH, or because we fetched it. Told again, it is the same
 * terminal (PAY-06); what is ours about it stays. Places that it names are not taken over: assigning is the operator's
 * (PAY-11), who may have done so by activating it with them (PAY-12).
 */
@Injectable()
export class ReceiveTerminal {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalRepository,
    private readonly activations: ActivationRepository,
    private readonly tellTerminal: TellTerminal,
    private readonly clock: Clock,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /**
   * @param askedAt when it was asked for, of one that we fetched: what the PTP told since is newer.
   * @throws VoltapError not_found for a patch of an unknown terminal.
   */
  async execute(
    partnerId: string,
    told: Partial<Terminal> & Pick<Terminal, 'terminal_id'>,
    telling: Telling,
    askedAt: Date | null = null,
  ): Promise<{ created: boolean; stored: StoredTerminal }> {
    return this.database.transaction(async (transaction) => {
      const current = await this.terminals.lock(transaction, partnerId, told.terminal_id);
      if (current === null && telling === 'patch') {
        throw new VoltapError('not_found', `There is no terminal ${told.terminal_id}. POST it first.`);
      }
      const overtaken = askedAt !== null && (await this.terminals.toldSince(transaction, partnerId, told, askedAt));
      if (current !== null && overtaken) return { created: false, stored: current };
      await this.terminals.told(transaction, partnerId, told);
      const before = telling === 'patch' ? (current?.content.terminal ?? null) : null;
      const terminal = mergeTerminal(before, told, this.clock.now());
      const activation = await this.awaited(transaction, partnerId, terminal);
      const toldAgain = current !== null && sameTerminal(current.content.terminal, terminal);
      if (toldAgain && activation === null) return { created: false, stored: current };
      const record = await this.recordOf(transaction, partnerId, { terminal, current, activation });
      const stored = await this.terminals.write(transaction, partnerId, record);
      await this.tellTerminal.execute(transaction, partnerId, stored);
      return { created: current === null, stored };
    });
  }

  /** The activation that waits for a terminal with this reference (PAY-47). */
  private async awaited(
    transaction: Transaction,
    partnerId: string,
    { reference }: Terminal,
  ): Promise<StoredActivation | null> {
    if (reference === undefined) return null;
    const activation = await this.activations.lock(transaction, partnerId, reference);
    return activation !== null && isAwaited(activation.content) ? activation : null;
  }

  private async recordOf(
    transaction: Transaction,
    partnerId: string,
    { terminal, current, activation }: Told,
  ): Promise<TerminalRecord> {
    const before = current?.content;
    const activated = activation === null ? null : activatedBy(activation.content, terminal, this.clock.now());
    const receiptSecret = before?.receiptSecret ?? activated?.receiptSecret ?? randomBytes(18).toString('base64url');
    const record: TerminalRecord = {
      terminal,
      receiptSecret,
      assignment: before?.assignment ?? NO_ASSIGNMENT,
      deactivation: before?.deactivation ?? null,
    };
    if (activated === null) return record;
    await this.activations.write(transaction, partnerId, activated);
    if (activated.state !== 'CONFIRMED') return record;
    const invoiceBaseUrl = `${this.config.VOLTAP_PUBLIC_URL}/receipts/${receiptSecret}`;
    const assignment = assignmentOf(activated, terminal, invoiceBaseUrl, this.clock.now()) ?? record.assignment;
    return { ...record, assignment, deactivation: null };
  }
}

interface Told {
  readonly terminal: Terminal;
  readonly current: StoredTerminal | null;
  readonly activation: StoredActivation | null;
}

/** A terminal that was told without its time of modification got ours, which says nothing new. */
function sameTerminal(left: Terminal, right: Terminal): boolean {
  return sameJson({ ...left, last_updated: null }, { ...right, last_updated: null });
}
