import { Injectable } from '@nestjs/common';
import { Clock, Ids, VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import { type Deactivation, NO_ASSIGNMENT, placesOf, type TerminalRecord } from '../domain/terminal.js';
import { ActivationRepository } from '../store/activation-repository.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';
import { PartnerTerminals } from './partner-terminals.js';
import { TellTerminal } from './tell-terminal.js';

/**
 * The operator takes a terminal out of use (PAY-48): it is broken, or its station is gone. Written down first, sent to the
 * PTP, then read back: it serves no places there any more. Only an activation brings it back.
 */
@Injectable()
export class DeactivateTerminal {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalRepository,
    private readonly activations: ActivationRepository,
    private readonly partnerTerminals: PartnerTerminals,
    private readonly tellTerminal: TellTerminal,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @throws VoltapError not_found; conflict while its activation is still to be brought. */
  async execute(partnerId: string, terminalId: string): Promise<StoredTerminal> {
    const requested: Deactivation = {
      state: 'PENDING',
      requestId: this.ids.next(),
      requestedAt: this.clock.now().toISOString(),
      confirmedAt: null,
      problem: null,
    };
    await this.change(partnerId, terminalId, async (current, transaction) => {
      const { reference } = current.terminal;
      const activation =
        reference === undefined ? null : await this.activations.lock(transaction, partnerId, reference);
      if (activation?.content.state === 'PENDING') {
        throw new VoltapError(
          'conflict',
          `Terminal ${terminalId} is being activated: withdraw the activation of ${reference} first.`,
        );
      }
      return { ...current, deactivation: requested };
    });
    return this.bring(partnerId, terminalId);
  }

  /** Brings a pending deactivation to the PTP. @returns the terminal as it stands then. */
  async bring(partnerId: string, terminalId: string): Promise<StoredTerminal> {
    const stored = await this.terminals.find(partnerId, terminalId);
    if (stored === null) throw unknownTerminal(partnerId, terminalId);
    const { deactivation = null } = stored.content;
    if (deactivation?.state !== 'PENDING') return stored;
    const outcome = await this.bringToPartner(partnerId, stored.content);
    return this.change(partnerId, terminalId, async (current, transaction) => {
      // Asked for again meanwhile: the same is wanted, so what became of it counts for both.
      if ((current.deactivation ?? null) === null) return current;
      const decided = { ...deactivation, ...current.deactivation, ...outcome };
      if (decided.state !== 'CONFIRMED') return { ...current, deactivation: decided };
      const { reference } = current.terminal;
      if (reference !== undefined) await this.activations.remove(transaction, partnerId, reference);
      return { ...current, deactivation: decided, assignment: NO_ASSIGNMENT };
    });
  }

  private async bringToPartner(partnerId: string, { terminal }: TerminalRecord): Promise<Partial<Deactivation>> {
    const { terminal_id } = terminal;
    const sent = await this.partnerTerminals.deactivate(partnerId, terminal_id);
    if (sent.outcome === 'unreachable') return { state: 'PENDING', problem: sent.reason };
    if (sent.outcome === 'refused') return { state: 'REFUSED', problem: sent.reason };
    const read = await this.partnerTerminals.readIfThere(partnerId, terminal_id);
    if (read.outcome === 'unreachable') return { state: 'PENDING', problem: read.reason };
    if (read.outcome === 'refused') return { state: 'REFUSED', problem: `It cannot be read back: ${read.reason}` };
    const held = read.value === null ? [] : placesOf(read.value);
    if (held.length === 0) return { state: 'CONFIRMED', confirmedAt: this.clock.now().toISOString(), problem: null };
    const problem = `The terminal provider accepted the deactivation but still holds the places ${held.join(', ')}. Assign it nothing, then deactivate it again.`;
    return { state: 'REFUSED', problem };
  }

  private async change(
    partnerId: string,
    terminalId: string,
    change: (current: TerminalRecord, transaction: Transaction) => Promise<TerminalRecord>,
  ): Promise<StoredTerminal> {
    return this.database.transaction(async (transaction) => {
      const current = await this.terminals.lock(transaction, partnerId, terminalId);
      if (current === null) throw unknownTerminal(partnerId, terminalId);
      const record = await change(current.content, transaction);
      if (record === current.content) return current;
      const stored = await this.terminals.write(transaction, partnerId, record);
      await this.tellTerminal.execute(transaction, partnerId, stored);
      return stored;
    });
  }
}

type Transaction = Parameters<TerminalRepository['write']>[0];

function unknownTerminal(partnerId: string, terminalId: string): VoltapError {
  return new VoltapError('not_found', `There is no terminal ${terminalId} of partner ${partnerId}.`);
}
