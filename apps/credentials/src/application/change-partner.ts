import { Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Clock, type EventDefinition, event, partyKey, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Partner, StoredPartner } from '../domain/partner.js';
import type { NewPartnerEvent } from '../domain/partner-event.js';
import { PartnerEventRepository } from '../store/partner-events.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { stateOf } from './partner-state.js';

/** What becomes of a partner, and who hears of it. */
export interface PartnerChange {
  readonly partner: Partner;
  /** For the other services. */
  readonly told: EventDefinition<PartnerState>;
  /** For the history. */
  readonly happened?: NewPartnerEvent;
}

/**
 * The one way in which a partner is written: locked, with its parties bound, the event and the line of its history in the
 * same transaction.
 */
@Injectable()
export class ChangePartner {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly partners: PartnerRepository,
    private readonly events: PartnerEventRepository,
  ) {}

  /** @throws VoltapError invalid_parameter when one of our parties is a partner's. */
  async open(change: PartnerChange): Promise<StoredPartner> {
    return this.database.transaction(async (transaction) => {
      await this.assertOwn(transaction, change.partner);
      const stored = await this.partners.insert(transaction, change.partner, this.clock.now());
      return this.tell(transaction, stored, change);
    });
  }

  /**
   * @param decide what to do with the partner as it is; null leaves it, and what it throws leaves everything.
   * @throws VoltapError not_found when there is no such partner; invalid_parameter when a role is another's (hijack), or a
   *   party of ours is a partner's.
   */
  async execute(id: string, decide: (current: StoredPartner) => PartnerChange | null): Promise<StoredPartner> {
    return this.database.transaction(async (transaction) => {
      const current = await this.partners.lock(transaction, id);
      if (current === null) throw new VoltapError('not_found', `There is no partner ${id}.`);
      const change = decide(current);
      if (change === null) return current;
      if (change.partner.parties !== current.parties) await this.assertOwn(transaction, change.partner);
      if (change.partner.roles !== current.roles) await this.bindRoles(transaction, change.partner);
      const stored = await this.partners.update(transaction, change.partner, this.clock.now());
      return this.tell(transaction, stored, change);
    });
  }

  private async assertOwn(transaction: Transaction, partner: Partner): Promise<void> {
    const keys = partner.parties.map((party) => partyKey(party));
    const foreign = await this.partners.bound(transaction, keys);
    const violations = keys.flatMap((key, index) =>
      foreign.has(key) ? [{ pointer: `/parties/${index}/party_id`, message: `${key} is a party of a partner` }] : [],
    );
    if (violations.length > 0) {
      throw new VoltapError('invalid_parameter', 'A party belongs to somebody else.', { violations });
    }
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
    { told, happened }: PartnerChange,
  ): Promise<StoredPartner> {
    const payload = stateOf(partner, this.clock.now());
    await this.outbox.add(transaction, event(told, { key: partner.id, revision: partner.revision, payload }));
    if (happened !== undefined) await this.events.add(transaction, partner.id, happened);
    return partner;
  }
}
