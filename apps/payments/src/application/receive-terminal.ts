import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, sameJson, VoltapError } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';
import { Database } from '@voltap/platform/persistence';
import { mergeTerminal, NO_ASSIGNMENT, type TerminalRecord } from '../domain/terminal.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';
import { TellTerminal } from './tell-terminal.js';

/** How a PTP tells a terminal: as a whole, or only what changed of one that is known. */
export type Telling = 'whole' | 'patch';

/**
 * A PTP tells us of one of its terminals: by POST, PUT or PATCH, or because we fetched it. Told again, it is the same
 * terminal (PAY-06); what is ours about it stays. Places that it names are not taken over: assigning is the operator's
 * (PAY-11).
 */
@Injectable()
export class ReceiveTerminal {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalRepository,
    private readonly tellTerminal: TellTerminal,
    private readonly clock: Clock,
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
      if (current !== null && sameTerminal(current.content.terminal, terminal))
        return { created: false, stored: current };
      const record: TerminalRecord = {
        terminal,
        receiptSecret: current?.content.receiptSecret ?? randomBytes(18).toString('base64url'),
        assignment: current?.content.assignment ?? NO_ASSIGNMENT,
      };
      const stored = await this.terminals.write(transaction, partnerId, record);
      await this.tellTerminal.execute(transaction, partnerId, stored);
      return { created: current === null, stored };
    });
  }
}

/** A terminal that was told without its time of modification got ours, which says nothing new. */
function sameTerminal(left: Terminal, right: Terminal): boolean {
  return sameJson({ ...left, last_updated: null }, { ...right, last_updated: null });
}
