import { Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Clock, type EventDefinition, event, partyKey, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Partner, StoredPartner } from '../domain/partner.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { stateOf } from './partner-state.js';

/** What becomes of a partner, and the event that tells of it. */
export interface PartnerChange {
  readonly partner: Partner;
  readonly told: EventDefinition<PartnerState>;
}

/** The one way in which a partner is written: locked, with its parties bound and the event in the same transaction. */
@Injectable()
export class ChangePartner {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly partners: PartnerRepository,
  ) {}

  /** @throws VoltapError invalid_parameter when one of our parties is a partner's. */
  async open({ partner, told }: PartnerChange): Promise<StoredPartner> {
    return this.database.transaction(async (transaction) => {
      const keys = partner.parties.map((party) => partyKey(party));
      const foreign = await this.partners.bound(transaction, keys);
      const violations = keys.flatMap((key, index) =>
        foreign.has(key) ? [{ pointer: `/parties/${index}/party_id`, message: `${key} is a party of a partner` }] : [],
      );
      if (violations.length > 0) {
        throw new VoltapError('invalid_parameter', 'A party belongs to somebody else.', { violations });
      }
      const stored = await this.partners.insert(transaction, partner, this.clock.now());
      return this.tell(transaction, stored, told);
    });
  }

  /**
   * @param decide what to do with the partner as it is; null leaves it, and what it throws leaves everything.
   * @throws VoltapError not_found when there is no such partner; invalid_parameter when a role is another's (hijack).
   */
  async execute(id: string, decide: (current: StoredPartner) => PartnerChange | null): Promise<StoredPartner> {
    return this.database.transaction(async (transaction) => {
      const current = await this.partners.lock(transaction, id);
      if (current === null) throw new VoltapError('not_found', `There is no partner ${id}.`);
      const change = decide(current);
      if (change === null) return current;
      await this.bindRoles(transaction, change.partner);
      const stored = await this.partners.update(transaction, change.partner, this.clock.now());
      return this.tell(transaction, stored, change.told);
    });
  }

  private async bindRoles(transaction: Transaction, { id, roles }: Partner): Promise<void> {
    const keys = roles.map((role) => partyKey(role));
    const own = await this.partners.ownParties(transaction);
    const taken = await this.partners.bind(transaction, id, keys);
    const violations = keys.flatMap((key, index) => {
      const message = own.has(key)
        ? `${key} is a party of this platform`
        : taken.includes(key)
          ? `${key} is registered by another connection`
          : undefined;
      return message === undefined ? [] : [{ pointer: `/roles/${index}/party_id`, message }];
    });
    if (violations.length > 0) {
      throw new VoltapError('invalid_parameter', 'A role belongs to somebody else', { violations });
    }
  }

  private async tell(
    transaction: Transaction,
    partner: StoredPartner,
    definition: EventDefinition<PartnerState>,
  ): Promise<StoredPartner> {
    await this.outbox.add(
      transaction,
      event(definition, { key: partner.id, revision: partner.revision, payload: stateOf(partner) }),
    );
    return partner;
  }
}
