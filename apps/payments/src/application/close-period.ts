import { Injectable } from '@nestjs/common';
import { Clock, type PartyKey, VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import { AccountingRepository, type Period } from '../store/accounting-repository.js';

/** Closes the books of a party up to an instant; what is known later of the same charges is a correction in the next period. */
@Injectable()
export class ClosePeriod {
  constructor(
    private readonly database: Database,
    private readonly books: AccountingRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError invalid_parameter for an end in the future; conflict for one that is in a closed period. */
  async execute(party: PartyKey, endsAt: Date, closedBy: string): Promise<Period> {
    const closedAt = this.clock.now();
    if (endsAt > closedAt) {
      throw new VoltapError('invalid_parameter', `/endsAt: ${endsAt.toISOString()} has not come yet.`, {
        violations: [{ pointer: '/endsAt', message: 'must not be in the future' }],
      });
    }
    return this.database.transaction(async (transaction) => {
      await this.books.lock(transaction, party);
      const last = await this.books.last(transaction, party);
      if (last !== null && endsAt <= last.endsAt) {
        const ended = last.endsAt.toISOString();
        throw new VoltapError('conflict', `Period ${last.number} of ${party} is closed up to ${ended}; end after it.`);
      }
      const period = { party, number: (last?.number ?? 0) + 1, endsAt, closedAt, closedBy };
      await this.books.close(transaction, period);
      return period;
    });
  }
}
