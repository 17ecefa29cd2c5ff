import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { AcknowledgedSessions } from '../store/acknowledged-sessions.js';
import { DeliveryDecisions } from '../store/delivery-decisions.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { type Told, ToldState } from '../store/told-state.js';
import { DeliveryQueues } from './delivery-queues.js';
import { PlanDeliveries } from './plan-deliveries.js';

export type ResyncedModule = 'locations' | 'tariffs' | 'sessions' | 'cdrs';

/** Objects that are planned in one transaction: events wait for no more than that. */
const PAGE = 100;

/** Tells a partner everything of a module again: what it lost, or never took. */
@Injectable()
export class ResyncModule {
  constructor(
    private readonly database: Database,
    private readonly told: ToldState,
    private readonly planDeliveries: PlanDeliveries,
    private readonly decisions: DeliveryDecisions,
    private readonly sessions: AcknowledgedSessions,
    private readonly directory: PartnerDirectory,
    private readonly queues: DeliveryQueues,
  ) {}

  /** @returns how many objects are to be sent. @throws VoltapError not_found */
  async execute(partnerId: string, module: ResyncedModule): Promise<number> {
    if ((await this.directory.find(partnerId)) === null)
      throw new VoltapError('not_found', `There is no partner ${partnerId}.`);
    const planned = await this.plan(partnerId, module);
    this.queues.wake(partnerId);
    return planned;
  }

  private plan(partnerId: string, module: ResyncedModule): Promise<number> {
    const again = { partnerId };
    switch (module) {
      case 'locations':
        return this.page(
          (after) => this.told.locations(after, PAGE),
          (transaction, { content, revision }) => this.planDeliveries.location(transaction, content, revision, again),
        );
      case 'tariffs':
        return this.page(
          (after) => this.told.tariffs(after, PAGE),
          async (transaction, { content, revision }) => {
            const audience = (await this.told.audience(transaction, content, content.id)) ?? null;
            return this.planDeliveries.tariff(transaction, { tariff: content, audience }, revision, again);
          },
        );
      case 'sessions':
        return this.database.transaction(async (transaction) => {
          // What the partner holds is in question: each is PUT as a whole.
          await this.sessions.doubtAll(transaction, partnerId);
          return this.decisions.reopen(transaction, partnerId, {
            kinds: ['session'],
            states: ['SUCCEEDED', 'EXHAUSTED', 'REFUSED', 'GIVEN_UP'],
          });
        });
      case 'cdrs':
        return this.database.transaction((transaction) => this.decisions.reopenMoney(transaction, partnerId, 'cdr'));
    }
  }

  /** Page by page. A newer state that is planned meanwhile wins by its revision. */
  private async page<Content>(
    read: (after: string) => Promise<Told<Content>[]>,
    plan: (transaction: Transaction, told: Told<Content>) => Promise<number>,
  ): Promise<number> {
    let planned = 0;
    let after = '';
    for (;;) {
      const objects = await read(after);
      await this.database.transaction(async (transaction) => {
        for (const object of objects) planned += await plan(transaction, object);
      });
      const last = objects.at(-1);
      if (last === undefined || objects.length < PAGE) return planned;
      after = last.key;
    }
  }
}
