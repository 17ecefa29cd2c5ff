import { Injectable } from '@nestjs/common';
import { terminalChanged } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import type { StoredTerminal } from '../store/terminal-repository.js';

/** Tells the other services of a terminal that was just written. */
@Injectable()
export class TellTerminal {
  constructor(private readonly outbox: Outbox) {}

  async execute(transaction: Transaction, partnerId: string, stored: StoredTerminal): Promise<void> {
    const { terminal, assignment, deactivation = null } = stored.content;
    await this.outbox.add(
      transaction,
      event(terminalChanged, {
        key: `${partnerId}*${stored.id}`,
        revision: stored.revision,
        payload: { partnerId, terminal, assignment: assignment.state, deactivation: deactivation?.state ?? null },
      }),
    );
  }
}
