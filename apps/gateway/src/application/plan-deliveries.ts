import { Injectable } from '@nestjs/common';
import {
  type CommandCompleted,
  type EvseStatusChanged,
  isMeantFor,
  type PartnerState,
  type TariffAudience,
  type TariffDeleted,
} from '@voltap/contracts/events';
import { objectKey, type Party, sameJson, sameParty } from '@voltap/kernel';
import { offers } from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import type { Cdr, Location, Session, Tariff } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { DeliveryRepository } from '../store/delivery-repository.js';
import type { NewDelivery } from '../store/delivery-rows.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { ToldState, tariffKey } from '../store/told-state.js';
import { DeliveryQueues } from './delivery-queues.js';
import { PartnerConnections } from './partner-connections.js';

/** To whom a state goes beside all that subscribed: to one of them only, who is to have it again. */
export interface Again {
  readonly partnerId: string;
}
/** A tariff, and whom it is for. */
export interface ToldTariff {
  readonly tariff: Tariff;
  readonly audience: TariffAudience;
  /** Whom it was for until now; undefined: there was none, or nothing changed. */
  readonly before?: TariffAudience | undefined;
}
/** Of a second result, which follows the one that the command had. */
const CANCELLATION_REVISION = 2;

/**
 * Turns what happened into one delivery for each partner that should hear of it, within the transaction of the event. A
 * partner that is not connected now, but was, is planned for as well: of each object the newest state waits for it.
 */
@Injectable()
export class PlanDeliveries {
  constructor(
    private readonly database: Database,
    private readonly deliveries: DeliveryRepository,
    private readonly directory: PartnerDirectory,
    private readonly partnerQueues: PartnerQueues,
    private readonly told: ToldState,
    private readonly connections: PartnerConnections,
    private readonly queues: DeliveryQueues,
  ) {}

  /** @returns for how many partners */
  async location(transaction: Transaction, location: Location, revision: number, again?: Again): Promise<number> {
    const tariffIds = (location.evses ?? []).flatMap((evse) =>
      evse.connectors.flatMap(({ tariff_ids }) => tariff_ids ?? []),
    );
    const key = objectKey(location, location.id);
    const planned: NewDelivery = {
      content: { kind: 'location', location },
      objectKey: key,
      orderKey: `location ${key}`,
      revision,
      again: again !== undefined,
    };
    const takers = await this.takers(transaction, location, endpoints.locations.receiver.put, again);
    const hearOfTariffs = takers.filter(({ taken }) => taken(endpoints.tariffs.receiver.put));
    const others = takers.filter((taker) => !hearOfTariffs.includes(taker));
    const afterKeys = [...new Set(tariffIds.map((id) => tariffKey(location, id)))];
    await this.add(transaction, hearOfTariffs, { ...planned, afterKeys });
    await this.add(transaction, others, planned);
    return takers.length;
  }

  async evseStatus(transaction: Transaction, changed: EvseStatusChanged, revision: number): Promise<void> {
    const { previousStatus: _, ...status } = changed;
    const location = objectKey(changed, changed.location_id);
    const takers = await this.takers(transaction, changed, endpoints.locations.receiver.patchEvse);
    await this.add(transaction, takers, {
      content: { kind: 'evse-status', ...status },
      objectKey: `${location}*${changed.evse_uid.toUpperCase()}`,
      orderKey: `location ${location}`,
      revision,
    });
  }

  /**
   * It goes to those that it is for. Where it was told and is not meant to be any more, it is deleted (TAR-05).
   * @returns for how many partners
   */
  async tariff(
    transaction: Transaction,
    { tariff, audience, before }: ToldTariff,
    revision: number,
    again?: Again,
  ): Promise<number> {
    const key = tariffKey(tariff, tariff.id);
    const { put, delete: remove } = endpoints.tariffs.receiver;
    if (before !== undefined) {
      const { country_code, party_id, id } = tariff;
      await this.namesOf(transaction, { tariff, audience, before });
      const had = await this.takers(transaction, tariff, remove, again);
      const leaves = ({ partnerId }: Taker): boolean =>
        isMeantFor(before, partnerId) && !isMeantFor(audience, partnerId);
      const content = { kind: 'tariff', deleted: { country_code, party_id, id } } as const;
      await this.add(transaction, had.filter(leaves), { content, objectKey: key, orderKey: key, revision });
    }
    const all = await this.takers(transaction, tariff, put, again);
    const takers = all.filter(({ partnerId }) => isMeantFor(audience, partnerId));
    await this.add(transaction, takers, {
      content: { kind: 'tariff', tariff },
      objectKey: key,
      orderKey: key,
      revision,
      again: again !== undefined,
    });
    return takers.length;
  }

  /** Whoever joined or left sees other names at the connectors of its places, which go out again. */
  private async namesOf(transaction: Transaction, { tariff, audience, before = null }: ToldTariff): Promise<void> {
    if (sameJson(audience, before)) return;
    const partners = (await this.directory.all(transaction)).map(({ partner }) => partner.partnerId);
    const touched = partners.filter((each) => isMeantFor(before, each) !== isMeantFor(audience, each));
    if (touched.length === 0) return;
    for (const { content, revision } of await this.told.locationsNaming(transaction, tariff, tariff.id)) {
      for (const partnerId of touched) await this.location(transaction, content, revision, { partnerId });
    }
  }

  async tariffDeleted(
    transaction: Transaction,
    { deletedAt: _, ...deleted }: TariffDeleted,
    revision: number,
    audience: TariffAudience,
  ): Promise<void> {
    const key = tariffKey(deleted, deleted.id);
    const takers = await this.takers(transaction, deleted, endpoints.tariffs.receiver.delete);
    const had = takers.filter(({ partnerId }) => isMeantFor(audience, partnerId));
    await this.add(transaction, had, {
      content: { kind: 'tariff', deleted },
      objectKey: key,
      orderKey: key,
      revision,
    });
  }

  async session(transaction: Transaction, partnerId: string, session: Session, revision: number): Promise<void> {
    const key = sessionKey(session, session.id);
    const taker = await this.taker(transaction, partnerId);
    if (taker === null || !taker.taken(endpoints.sessions.receiver.put)) return;
    await this.add(transaction, [taker], {
      content: { kind: 'session', session },
      objectKey: key,
      orderKey: key,
      revision,
      final: session.status === 'COMPLETED' || session.status === 'INVALID',
      authorizationReference: session.authorization_reference ?? null,
    });
  }

  /**
   * After its session, where the partner hears of sessions. It is kept also while its partner is not known; what the partner
   * never takes is not planned.
   */
  async cdr(transaction: Transaction, partnerId: string, cdr: Cdr): Promise<void> {
    const session = cdr.session_id === undefined ? null : sessionKey(cdr, cdr.session_id);
    const taker = await this.taker(transaction, partnerId);
    if (taker !== null && !taker.taken(endpoints.cdrs.receiver.post)) return;
    const waits = session !== null && taker?.taken(endpoints.sessions.receiver.put);
    await this.add(transaction, [{ partnerId }], {
      content: { kind: 'cdr', cdr },
      objectKey: objectKey(cdr, cdr.id),
      orderKey: session ?? `cdr ${objectKey(cdr, cdr.id)}`,
      afterKeys: waits ? [session] : [],
      revision: 1,
      authorizationReference: cdr.authorization_reference ?? null,
    });
  }

  /** To every response URL that asked; each once, and once more when a reservation that stood is cancelled (CMD-25). */
  async commandResult(transaction: Transaction, completed: CommandCompleted): Promise<void> {
    const { partnerId, country_code, party_id, result, deadline } = completed;
    for (const correlationId of completed.correlationIds) {
      await this.add(transaction, [{ partnerId }], {
        content: { kind: 'command-result', country_code, party_id, correlationId, result },
        objectKey: `${completed.commandId}*${correlationId}`,
        orderKey: `command ${correlationId}`,
        revision: result.result === 'CANCELED_RESERVATION' ? CANCELLATION_REVISION : 1,
        final: true,
        deadline: new Date(deadline),
        authorizationReference: completed.authorization_reference,
      });
    }
  }

  /** Partners of a party that take what the row sends. */
  private async takers(transaction: Transaction, owner: Party, row: EndpointRow, again?: Again): Promise<Taker[]> {
    const modules = await this.partnerQueues.modules(transaction);
    return (await this.directory.all(transaction))
      .filter(({ partner }) => again === undefined || partner.partnerId === again.partnerId)
      .filter(({ partner }) => partner.parties.some((party) => sameParty(party, owner)))
      .map(({ partner }) => this.takerOf(partner, modules))
      .filter(({ taken }) => taken(row));
  }

  private async taker(transaction: Transaction, partnerId: string): Promise<Taker | null> {
    const entry = await this.directory.find(partnerId, transaction);
    return entry === null ? null : this.takerOf(entry.partner, await this.partnerQueues.modules(transaction));
  }

  /** Whether the partner offers an endpoint, or offered its module when it was connected; one that pulls offers it in vain. */
  private takerOf(partner: PartnerState, modules: ReadonlyMap<string, readonly string[]>): Taker {
    const connection = this.connections.of(partner);
    const remembered = modules.get(partner.partnerId) ?? [];
    const taken = (row: EndpointRow): boolean => {
      if (connection === null) return remembered.includes(row.module);
      if (partner.status !== 'REGISTERED' && !remembered.includes(row.module)) return false;
      if (!offers(row, connection)) return false;
      return !(connection.quirks.pullOnly && (row.module === 'locations' || row.module === 'tariffs'));
    };
    return { partnerId: partner.partnerId, taken };
  }

  private async add(
    transaction: Transaction,
    partners: readonly { readonly partnerId: string }[],
    delivery: NewDelivery,
  ): Promise<void> {
    const partnerIds = partners.map(({ partnerId }) => partnerId);
    await this.deliveries.add(transaction, partnerIds, delivery);
    for (const partnerId of partnerIds) this.database.afterCommit(transaction, this.queues.waker(partnerId));
  }
}

interface Taker {
  readonly partnerId: string;
  taken(row: EndpointRow): boolean;
}

function sessionKey(owner: Party, id: string): string {
  return `session ${objectKey(owner, id)}`;
}
