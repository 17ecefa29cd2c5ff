import { Injectable } from '@nestjs/common';
import type { SilentTerminalView } from '@voltap/contracts/back-office';
import type { EvseStatusChanged } from '@voltap/contracts/events';
import { Database, type Transaction } from '@voltap/platform/persistence';

interface Row {
  partner_id: string;
  terminal_id: string;
  reference: string | null;
  location_ids: string[];
  evse_uids: string[];
  charges: string;
  last_card_at: Date | null;
}

/** So long nobody paid by card, and the terminal was assigned before. */
const SILENT_DAYS = 7;
/** Fewer charges may have come by other ways by chance. */
const LEAST_CHARGES = 10;
const KEPT_DAYS = 35;

/**
 * OCPI has no status of a terminal, so that one that is broken is known only by its silence: charges begin at the EVSEs that it
 * serves, and none of them with a card. Charges are counted by EVSE and day, from the statuses that the back-end tells.
 */
@Injectable()
export class SilentTerminals {
  static readonly ddl = [
    `create table evse_charges (
      party text not null,
      location_id text not null,
      evse_uid text not null,
      day date not null,
      charges integer not null,
      primary key (party, location_id, evse_uid, day)
    )`,
  ];

  constructor(private readonly database: Database) {}

  /** Counts a charge that begins: an EVSE that is CHARGING now and was not. */
  async count(transaction: Transaction, changed: EvseStatusChanged): Promise<void> {
    const { country_code, party_id, location_id, evse_uid, status, previousStatus, last_updated } = changed;
    if (status !== 'CHARGING' || previousStatus === 'CHARGING') return;
    await transaction.query(
      `insert into evse_charges (party, location_id, evse_uid, day, charges)
       values (upper($1), upper($2), upper($3), ($4::timestamptz at time zone 'UTC')::date, 1)
       on conflict (party, location_id, evse_uid, day) do update set charges = evse_charges.charges + 1`,
      [`${country_code}*${party_id}`, location_id, evse_uid, last_updated],
    );
  }

  async forgetOld(): Promise<void> {
    await this.database.reader.query(
      `delete from evse_charges where day < (clock_timestamp() at time zone 'UTC')::date - $1::int`,
      [KEPT_DAYS],
    );
  }

  /** Partners with terminals that are in use. */
  async partners(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query(
      `select distinct scope from terminal where not removed and content #>> '{assignment,state}' = 'CONFIRMED'`,
    );
    return rows.map(({ scope }) => scope);
  }

  /**
   * Those that are in use for longer than the days looked at, by partner and id. All charges that there ever were are looked
   * through only for those that are silent.
   */
  async list(): Promise<SilentTerminalView[]> {
    const rows: Row[] = await this.database.reader.query(
      `with used as (
         select t.scope, t.id, t.content #>> '{terminal,reference}' as reference,
           array(select upper(value) from jsonb_array_elements_text(t.content #> '{assignment,location_ids}')) as location_ids,
           array(select upper(value) from jsonb_array_elements_text(t.content #> '{assignment,evse_uids}')) as evse_uids,
           array(select upper(party ->> 'country_code' || '*' || (party ->> 'party_id'))
             from jsonb_array_elements(p.content -> 'parties') party) as parties
         from terminal t join partner_projection p on p.key = t.scope and not p.removed
         where not t.removed and t.content #>> '{assignment,state}' = 'CONFIRMED'
           and coalesce(t.content #>> '{deactivation,state}', 'REFUSED') = 'REFUSED'
           and (t.content #>> '{assignment,confirmedAt}')::timestamptz < clock_timestamp() - $1 * interval '1 day'
       ), busy as (
         select party, location_id, evse_uid, sum(charges) as charges from evse_charges
         where day > (clock_timestamp() at time zone 'UTC')::date - $1::int
         group by party, location_id, evse_uid
       ), heard as materialized (
         select distinct partner_id, upper(party) as party, upper(location_id) as location_id, upper(evse_uid) as evse_uid
         from reconciliation where started_at >= clock_timestamp() - $1 * interval '1 day'
       ), silent as materialized (
         select u.*, b.charges from used u
         cross join lateral (
           select coalesce(sum(charges), 0) as charges from busy
           where party = any(u.parties) and (location_id = any(u.location_ids) or evse_uid = any(u.evse_uids))
         ) b
         where b.charges >= $2 and not exists (
           select 1 from heard h where h.partner_id = u.scope and h.party = any(u.parties)
             and (h.location_id = any(u.location_ids) or h.evse_uid = any(u.evse_uids))
         )
       )
       select s.scope as partner_id, s.id as terminal_id, s.reference, s.location_ids, s.evse_uids, s.charges, c.last_card_at
       from silent s
       cross join lateral (
         select max(started_at) as last_card_at from reconciliation r
         where r.partner_id = s.scope and upper(r.party) = any(s.parties)
           and (upper(r.location_id) = any(s.location_ids) or upper(r.evse_uid) = any(s.evse_uids))
       ) c
       order by s.scope, s.id`,
      [SILENT_DAYS, LEAST_CHARGES],
    );
    return rows.map((row) => ({
      partnerId: row.partner_id,
      terminalId: row.terminal_id,
      reference: row.reference,
      locationIds: row.location_ids,
      evseUids: row.evse_uids,
      charges: Number(row.charges),
      lastCardAt: row.last_card_at?.toISOString() ?? null,
    }));
  }
}
