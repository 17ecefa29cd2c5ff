import { Injectable } from '@nestjs/common';
import type { CommandCompleted, EvseStatusChanged, PartnerState, TariffDeleted } from '@voltap/contracts/events';
import { objectKey, type Party, sameParty } from '@voltap/kernel';
import { offers } from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import type { Cdr, Location, Session, Tariff } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { type DeliveryContent } from '../domain/delivery.js';
import { DeliveryRepository, type NewDelivery } from '../store/delivery-repository.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { DeliveryQueues } from './delivery-queues.js';
import { PartnerConnections } from './partner-connections.js';

type Planned = Omit<NewDelivery, 'partnerId'>;

/** Turns what happened into one delivery for each partner that should hear of it, within the transaction of the event. */
@Injectable()
export class PlanDeliveries {
  constructor(
    private readonly database: Database,
    private readonly deliveries: DeliveryRepository,
    private readonly directory: PartnerDirectory,
    private readonly connections: PartnerConnections,
    private readonly queues: DeliveryQueues,
  ) {}

  async location(transaction: Transaction, location: Location, revision: number): Promise<void> {
    const tariffIds = (location.evses ?? []).flatMap((evse) =>
      evse.connectors.flatMap(({ tariff_ids }) => tariff_ids ?? []),
    );
    const key = objectKey(location, location.id);
    await this.toSubscribers(transaction, location, endpoints.locations.receiver.put, {
      content: { kind: 'location', location },
      objectKey: key,
      orderKey: `location ${key}`,
      afterKeys: [...new Set(tariffIds.map((id) => `tariff ${objectKey(location, id)}`))],
      revision,
    });
  }

  async evseStatus(transaction: Transaction, changed: EvseStatusChanged, revision: number): Promise<void> {
    const { previousStatus: _, ...status } = changed;
    const location = objectKey(changed, changed.location_id);
    await this.toSubscribers(transaction, changed, endpoints.locations.receiver.patchEvse, {
      content: { kind: 'evse-status', ...status },
      objectKey: `${location}*${changed.evse_uid.toUpperCase()}`,
      orderKey: `location ${location}`,
      revision,
    });
  }

  async tariff(transaction: Transaction, tariff: Tariff, revision: number): Promise<void> {
    await this.toSubscribers(transaction, tariff, endpoints.tariffs.receiver.put, {
      content: { kind: 'tariff', tariff },
      ...tariffKeys(tariff, tariff.id),
      revision,
    });
  }

  async tariffDeleted(
    transaction: Transaction,
    { deletedAt: _, ...deleted }: TariffDeleted,
    revision: number,
  ): Promise<void> {
    await this.toSubscribers(transaction, deleted, endpoints.tariffs.receiver.delete, {
      content: { kind: 'tariff', deleted },
      ...tariffKeys(deleted, deleted.id),
      revision,
    });
  }

  async session(transaction: Transaction, partnerId: string, session: Session, revision: number): Promise<void> {
    const key = sessionKey(session, session.id);
    await this.toOne(transaction, partnerId, endpoints.sessions.receiver.put, {
      content: { kind: 'session', session },
      objectKey: key,
      orderKey: key,
      revision,
      final: session.status === 'COMPLETED' || session.status === 'INVALID',
    });
  }

  /** After its session, where the partner hears of sessions. */
  async cdr(transaction: Transaction, partnerId: string, cdr: Cdr): Promise<void> {
    const session = cdr.session_id === undefined ? null : sessionKey(cdr, cdr.session_id);
    const entry = await this.directory.find(partnerId, transaction);
    const waits = session !== null && entry !== null && this.takes(entry.partner, endpoints.sessions.receiver.put);
    await this.toOne(transaction, partnerId, endpoints.cdrs.receiver.post, {
      content: { kind: 'cdr', cdr },
      objectKey: objectKey(cdr, cdr.id),
      orderKey: session ?? `cdr ${objectKey(cdr, cdr.id)}`,
      afterKeys: waits ? [session] : [],
      revision: 1,
    });
  }

  /** To every response URL that asked; each once. */
  async commandResult(transaction: Transaction, completed: CommandCompleted): Promise<void> {
    const { partnerId, country_code, party_id, result, deadline } = completed;
    for (const correlationId of completed.correlationIds) {
      await this.deliveries.add(transaction, {
        partnerId,
        content: { kind: 'command-result', country_code, party_id, correlationId, result },
        objectKey: `${completed.commandId}*${correlationId}`,
        orderKey: `command ${correlationId}`,
        revision: 1,
        final: true,
        deadline: new Date(deadline),
      });
    }
    this.wake(transaction, partnerId);
  }

  private async toSubscribers(
    transaction: Transaction,
    owner: Party,
    row: EndpointRow,
    planned: Planned,
  ): Promise<void> {
    for (const { partner } of await this.directory.all(transaction)) {
      if (!partner.parties.some((party) => sameParty(party, owner)) || !this.takes(partner, row)) continue;
      await this.deliveries.add(transaction, { partnerId: partner.partnerId, ...planned });
      this.wake(transaction, partner.partnerId);
    }
  }

  /** A money object is kept also while its partner cannot be told; what the partner never takes is not planned. */
  private async toOne(transaction: Transaction, partnerId: string, row: EndpointRow, planned: Planned): Promise<void> {
    const entry = await this.directory.find(partnerId, transaction);
    const wanted = entry === null ? isMoney(planned.content) : this.takes(entry.partner, row);
    if (!wanted) return;
    await this.deliveries.add(transaction, { partnerId, ...planned });
    this.wake(transaction, partnerId);
  }

  /** Whether the partner is connected and offers the endpoint; one that pulls offers it in vain. */
  private takes(partner: PartnerState, row: EndpointRow): boolean {
    const connection = partner.status === 'REGISTERED' ? this.connections.of(partner) : null;
    if (connection === null || !offers(row, connection)) return false;
    return !(connection.quirks.pullOnly && (row.module === 'locations' || row.module === 'tariffs'));
  }

  private wake(transaction: Transaction, partnerId: string): void {
    this.database.afterCommit(transaction, this.queues.waker(partnerId));
  }
}

function isMoney(content: DeliveryContent): boolean {
  return content.kind === 'cdr' || content.kind === 'command-result';
}

function sessionKey(owner: Party, id: string): string {
  return `session ${objectKey(owner, id)}`;
}

/** The prefix tells tariffs from locations of the same id among the keys that a delivery waits for. */
function tariffKeys(owner: Party, id: string): { objectKey: string; orderKey: string } {
  const key = `tariff ${objectKey(owner, id)}`;
  return { objectKey: key, orderKey: key };
}
