import { Injectable } from '@nestjs/common';
import { objectKey, type Party, sameParty } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
import { ProjectionTable, type Transaction } from '@voltap/platform/persistence';
import type { StartCommand } from '../domain/session-record.js';

/** What sessions keep of commands, places and prices. */
@Injectable()
export class Projections {
  private readonly commands = new ProjectionTable<StartCommand>('start_command');
  private readonly locations = new ProjectionTable<Location>('location_projection');
  private readonly tariffs = new ProjectionTable<Tariff>('tariff_projection');

  applyCommand(transaction: Transaction, revision: number, command: StartCommand): Promise<boolean> {
    return this.commands.apply(transaction, command.commandId, revision, command);
  }

  applyLocation(transaction: Transaction, key: string, revision: number, location: Location): Promise<boolean> {
    return this.locations.apply(transaction, key, revision, location);
  }

  applyTariff(transaction: Transaction, key: string, revision: number, tariff: Tariff): Promise<boolean> {
    return this.tariffs.apply(transaction, key, revision, tariff);
  }

  removeTariff(transaction: Transaction, key: string, revision: number): Promise<boolean> {
    return this.tariffs.remove(transaction, key, revision);
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

  /** The start command of a report at its party, by its id or else by the id tag that the charge point was given. */
  async startCommand(
    transaction: Transaction,
    { party, commandId, idTag }: { party: Party; commandId: string | null; idTag: string | null },
  ): Promise<StartCommand | null> {
    if (commandId !== null) {
      const command = (await this.commands.find(transaction, commandId))?.content ?? null;
      return command !== null && sameParty(command, party) ? command : null;
    }
    if (idTag === null) return null;
    const rows: { content: StartCommand }[] = await transaction.query(
      `select content from start_command where content ->> 'idTag' = $1`,
      [idTag],
    );
    return rows.find(({ content }) => sameParty(content, party))?.content ?? null;
  }

  async location(transaction: Transaction, party: Party, id: string): Promise<Location | null> {
    return (await this.locations.find(transaction, objectKey(party, id)))?.content ?? null;
  }

  async tariffsOf(
    transaction: Transaction,
    party: Party,
    ids: readonly string[],
  ): Promise<{ revision: number; tariff: Tariff }[]> {
    const found: { revision: number; tariff: Tariff }[] = [];
    for (const id of ids) {
      const entry = await this.tariffs.find(transaction, objectKey(party, id));
      if (entry !== null) found.push({ revision: entry.revision, tariff: entry.content });
    }
    return found;
  }
}
