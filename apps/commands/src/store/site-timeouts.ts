import { Injectable } from '@nestjs/common';
import { type Party, partyKey, partyOf } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { CommandKind } from '../domain/command.js';

/** Seconds by kind of command; kinds that are left out have the setting of the service. */
export type TimeoutSeconds = Partial<Record<CommandKind, number>>;

export interface SiteTimeout {
  readonly country_code: string;
  readonly party_id: string;
  readonly location_id: string;
  readonly seconds: TimeoutSeconds;
}

/** How long commands may take at single sites: a charger behind a slow radio link needs longer than one at a fibre. */
@Injectable()
export class SiteTimeouts {
  constructor(private readonly database: Database) {}

  async secondsFor(
    transaction: Transaction,
    party: Party,
    locationId: string,
    kind: CommandKind,
  ): Promise<number | null> {
    const rows: SiteTimeout[] = await transaction.query(
      'select seconds from site_timeout where country_code = $1 and party_id = $2 and location_id = $3',
      keyOf(party, locationId),
    );
    return rows[0]?.seconds[kind] ?? null;
  }

  async write(party: Party, locationId: string, seconds: TimeoutSeconds): Promise<SiteTimeout> {
    await this.database.reader.query(
      `insert into site_timeout (country_code, party_id, location_id, seconds) values ($1, $2, $3, $4)
       on conflict (country_code, party_id, location_id) do update set seconds = excluded.seconds`,
      [...keyOf(party, locationId), JSON.stringify(seconds)],
    );
    const [country_code, party_id, location_id] = keyOf(party, locationId);
    return { country_code, party_id, location_id, seconds };
  }

  async all(): Promise<SiteTimeout[]> {
    return this.database.reader.query(
      'select country_code, party_id, location_id, seconds from site_timeout order by 1, 2, 3',
    );
  }
}

/** Ids compare without case. */
function keyOf(party: Party, locationId: string): [string, string, string] {
  const { country_code, party_id } = partyOf(partyKey(party));
  return [country_code, party_id, locationId.toUpperCase()];
}
