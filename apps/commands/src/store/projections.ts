import { Injectable } from '@nestjs/common';
import {
  audienceOf,
  isMeantFor,
  type LocationChanged,
  locationChanged,
  type SessionChanged,
  sessionChanged,
  type TariffAudience,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

/** What starts and stops need to know of a session. */
export type KnownSession = Pick<SessionChanged, 'partnerId' | 'commandId'> & {
  /** As the back-end writes it. */
  readonly id: string;
  readonly status: string;
  readonly location_id: string;
  readonly evse_uid: string;
  readonly authorization_reference: string | null;
};

export const locationProjection = new ProjectionTable<Location>('location_projection', [
  projects(locationChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.location })),
]);
export const tariffProjection = new ProjectionTable<Tariff>('tariff_projection', [
  projects(tariffChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.tariff })),
  projects(tariffDeleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);
/** Whom the tariffs are for. What is not in it is for all: it was told before there were audiences. */
export const tariffAudienceProjection = new ProjectionTable<{ readonly audience: TariffAudience }>('tariff_audience', [
  projects(tariffChanged, ({ key, revision, payload }) => ({
    key,
    revision,
    content: { audience: audienceOf(payload) },
  })),
  projects(tariffDeleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);
export const sessionProjection = new ProjectionTable<KnownSession>('session_projection', [
  projects(sessionChanged, ({ key, revision, payload: { session, partnerId, commandId } }) => ({
    key,
    revision,
    content: {
      partnerId,
      commandId,
      id: session.id,
      status: session.status,
      location_id: session.location_id,
      evse_uid: session.evse_uid,
      authorization_reference: session.authorization_reference ?? null,
    },
  })),
]);

/** What commands keep of other services' objects, so that they are decided while the others are down. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  applyLocation(transaction: Transaction, message: EventMessage<LocationChanged>): Promise<boolean> {
    return locationProjection.take(transaction, message);
  }

  async applyTariff(transaction: Transaction, message: EventMessage<TariffChanged | TariffDeleted>): Promise<boolean> {
    await tariffAudienceProjection.take(transaction, message);
    return tariffProjection.take(transaction, message);
  }

  applySession(transaction: Transaction, message: EventMessage<SessionChanged>): Promise<boolean> {
    return sessionProjection.take(transaction, message);
  }

  async location(party: Party, id: string): Promise<Location | null> {
    return (await locationProjection.find(this.database.reader, objectKey(party, id)))?.content ?? null;
  }

  /** Those of the ids that there are, and that are meant for the partner. */
  async tariffsOf(
    party: Party,
    ids: readonly string[],
    partnerId: string,
  ): Promise<{ revision: number; tariff: Tariff }[]> {
    const reader = this.database.reader;
    const found = await Promise.all(
      ids.map(async (id) => {
        const key = objectKey(party, id);
        const audience = (await tariffAudienceProjection.find(reader, key))?.content.audience ?? null;
        return isMeantFor(audience, partnerId) ? tariffProjection.find(reader, key) : null;
      }),
    );
    return found.flatMap((entry) => (entry === null ? [] : [{ revision: entry.revision, tariff: entry.content }]));
  }

  /** The sessions that have a start. */
  async sessionsOf(transaction: Transaction, commandId: string): Promise<KnownSession[]> {
    const rows: { content: KnownSession }[] = await transaction.query(
      `select content from session_projection where not removed and content ->> 'commandId' = $1`,
      [commandId],
    );
    return rows.map(({ content }) => content);
  }

  /** Whether a session has ended; what is written before the transaction ends was written before it could end. */
  async hasEnded(transaction: Transaction, party: Party, id: string): Promise<boolean> {
    const rows: { content: KnownSession }[] = await transaction.query(
      'select content from session_projection where key = $1 and not removed for share',
      [objectKey(party, id)],
    );
    return rows.some(({ content: { status } }) => status === 'COMPLETED' || status === 'INVALID');
  }

  async session(party: Party, id: string): Promise<KnownSession | null> {
    return (await sessionProjection.find(this.database.reader, objectKey(party, id)))?.content ?? null;
  }
}
