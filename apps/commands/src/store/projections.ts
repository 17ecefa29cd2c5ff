import { Injectable } from '@nestjs/common';
import type { SessionChanged } from '@voltap/contracts/events';
import { objectKey, type Party } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
import { Database, ProjectionTable, type Transaction } from '@voltap/platform/persistence';

/** What a stop needs to know of a session. */
export type KnownSession = Pick<SessionChanged, 'partnerId' | 'commandId'> & {
  /** As the back-end writes it. */
  readonly id: string;
  readonly status: string;
  readonly location_id: string;
  readonly evse_uid: string;
  readonly authorization_reference: string | null;
};

/** What commands keep of other services' objects, so that they are decided while the others are down. */
@Injectable()
export class Projections {
  private readonly locations = new ProjectionTable<Location>('location_projection');
  private readonly tariffs = new ProjectionTable<Tariff>('tariff_projection');
  private readonly sessions = new ProjectionTable<KnownSession>('session_projection');

  constructor(private readonly database: Database) {}

  applyLocation(transaction: Transaction, key: string, revision: number, location: Location): Promise<boolean> {
    return this.locations.apply(transaction, key, revision, location);
  }

  applyTariff(transaction: Transaction, key: string, revision: number, tariff: Tariff): Promise<boolean> {
    return this.tariffs.apply(transaction, key, revision, tariff);
  }

  removeTariff(transaction: Transaction, key: string, revision: number): Promise<boolean> {
    return this.tariffs.remove(transaction, key, revision);
  }

  applySession(transaction: Transaction, key: string, revision: number, session: KnownSession): Promise<boolean> {
    return this.sessions.apply(transaction, key, revision, session);
  }

  async location(party: Party, id: string): Promise<Location | null> {
    return (await this.locations.find(this.database.reader, objectKey(party, id)))?.content ?? null;
  }

  async tariffsOf(party: Party, ids: readonly string[]): Promise<{ revision: number; tariff: Tariff }[]> {
    const found = await Promise.all(ids.map((id) => this.tariffs.find(this.database.reader, objectKey(party, id))));
    return found.flatMap((entry) => (entry === null ? [] : [{ revision: entry.revision, tariff: entry.content }]));
  }

  async session(party: Party, id: string): Promise<KnownSession | null> {
    return (await this.sessions.find(this.database.reader, objectKey(party, id)))?.content ?? null;
  }
}
