import { Injectable } from '@nestjs/common';
import {
  audienceOf,
  type CommandAccepted,
  type CommandCompleted,
  commandAccepted,
  commandCompleted,
  isMeantFor,
  type LocationChanged,
  locationChanged,
  type TariffAudience,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party, sameParty } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
import { ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';
import type { Orphan, StartCommand, StartOutcome } from '../domain/session-record.js';

/** Whether a session may come of such a command: of a reservation, one that may end unused (SES-21, SES-22). */
export function beginsSession(type: string): boolean {
  return type === 'START_SESSION' || type === 'RESERVE_NOW';
}

export const startCommandProjection = new ProjectionTable<StartCommand>('start_command', [
  projects(commandAccepted, ({ revision, payload }) =>
    beginsSession(payload.type) ? { key: payload.commandId, revision, content: payload } : null,
  ),
]);
export const startOutcomeProjection = new ProjectionTable<StartOutcome>('start_outcome', [
  projects(commandCompleted, ({ revision, payload: { type, commandId, result, orphans = 'bind' } }) =>
    type === 'START_SESSION' ? { key: commandId, revision, content: { result: result.result, orphans } } : null,
  ),
]);
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

/** What a report says of its start. */
export interface StartClaim {
  readonly party: Party;
  readonly commandId: string | null;
  readonly idTag: string | null;
  readonly session: { readonly status: string };
}

/** What sessions keep of commands, places and prices. */
@Injectable()
export class Projections {
  applyCommand(transaction: Transaction, message: EventMessage<CommandAccepted>): Promise<boolean> {
    return startCommandProjection.take(transaction, message);
  }

  applyOutcome(transaction: Transaction, message: EventMessage<CommandCompleted>): Promise<boolean> {
    return startOutcomeProjection.take(transaction, message);
  }

  applyLocation(transaction: Transaction, message: EventMessage<LocationChanged>): Promise<boolean> {
    return locationProjection.take(transaction, message);
  }

  async applyTariff(transaction: Transaction, message: EventMessage<TariffChanged | TariffDeleted>): Promise<boolean> {
    await tariffAudienceProjection.take(transaction, message);
    return tariffProjection.take(transaction, message);
  }

  /**
   * Of a report and the command it names, which become known at the same time, the second waits for the first, so that one
   * of them finds the other. Held until the transaction ends.
   */
  async lockStart(
    transaction: Transaction,
    { commandId, idTag }: { commandId: string | null; idTag: string | null },
  ): Promise<void> {
    for (const name of [
      commandId === null ? [] : [`command ${commandId}`],
      idTag === null ? [] : [`tag ${idTag}`],
    ].flat()) {
      await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`start ${name}`]);
    }
  }

  /**
   * The start command of a report at its party, by its id or else by the id tag that the charge point was given. A
   * reservation and its start share the tag: what is reserved is of the reservation, what charges of the start.
   */
  async startCommand(
    transaction: Transaction,
    { party, commandId, idTag, session }: StartClaim,
  ): Promise<StartCommand | null> {
    if (commandId !== null) {
      const command = await this.startCommandById(transaction, commandId);
      return command !== null && sameParty(command, party) ? command : null;
    }
    if (idTag === null) return null;
    const rows: { content: StartCommand }[] = await transaction.query(
      `select content from start_command where content ->> 'idTag' = $1 and ($2 or content ->> 'type' = 'START_SESSION')
       order by (content ->> 'type' = 'START_SESSION') <> $2 desc, content ->> 'acceptedAt' desc`,
      [idTag, session.status === 'RESERVATION'],
    );
    return rows.find(({ content }) => sameParty(content, party))?.content ?? null;
  }

  async startCommandById(transaction: Transaction, commandId: string): Promise<StartCommand | null> {
    return (await startCommandProjection.find(transaction, commandId))?.content ?? null;
  }

  /**
   * Whether a charge of this start is an orphan by what its partner was told. A reference that was tried again since pays
   * for the later charge alone, whatever the policy.
   */
  async orphanOf(transaction: Transaction, start: StartCommand): Promise<Orphan | null> {
    const outcome = (await startOutcomeProjection.find(transaction, start.commandId))?.content ?? null;
    if (outcome === null || outcome.result === 'ACCEPTED') return null;
    if (outcome.orphans === 'stop' || start.authorization_reference === null) return outcome.orphans;
    const later: unknown[] = await transaction.query(
      `select 1 from start_command where upper(content ->> 'authorization_reference') = $1
         and content ->> 'type' = 'START_SESSION' and content ->> 'partnerId' = $2 and key <> $3 and content ->> 'acceptedAt' > $4 limit 1`,
      [start.authorization_reference.toUpperCase(), start.partnerId, start.commandId, start.acceptedAt],
    );
    return later.length > 0 ? 'stop' : 'bind';
  }

  async location(transaction: Transaction, party: Party, id: string): Promise<Location | null> {
    return (await locationProjection.find(transaction, objectKey(party, id)))?.content ?? null;
  }

  /** @param partnerId only those that are meant for this partner; null: all. */
  async tariffsOf(
    transaction: Transaction,
    party: Party,
    ids: readonly string[],
    partnerId: string | null,
  ): Promise<{ revision: number; tariff: Tariff }[]> {
    const found: { revision: number; tariff: Tariff }[] = [];
    for (const id of ids) {
      const key = objectKey(party, id);
      const entry = await tariffProjection.find(transaction, key);
      const audience = (await tariffAudienceProjection.find(transaction, key))?.content.audience ?? null;
      const meant = partnerId === null || isMeantFor(audience, partnerId);
      if (entry !== null && meant) found.push({ revision: entry.revision, tariff: entry.content });
    }
    return found;
  }
}
