import { Injectable } from '@nestjs/common';
import type { PartyKey } from '@voltap/kernel';
import type { CredentialsRole, Endpoint, OcpiVersion } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { InboundToken, OwnParty, Partner, PartnerStatus, StoredPartner } from '../domain/partner.js';

interface Row {
  id: string;
  revision: string;
  name: string;
  status: PartnerStatus;
  profile: string;
  settings: Record<string, unknown>;
  parties: OwnParty[];
  customer_references: string[];
  versions: OcpiVersion[];
  version: OcpiVersion | null;
  versions_url: string | null;
  roles: CredentialsRole[];
  endpoints: Endpoint[];
  token_hash: string | null;
  token_scope: InboundToken['scope'] | null;
  token_sealed: string | null;
  outbound_token: string | null;
  created_at: Date;
  updated_at: Date;
}

const WRITTEN = `id, name, status, profile, settings, parties, customer_references, versions, version, versions_url, roles,
  endpoints, token_hash, token_scope, token_sealed, outbound_token, updated_at`;
const COLUMNS = `${WRITTEN}, revision, created_at`;

/** Partners, and which partner speaks for which party. */
@Injectable()
export class PartnerRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<StoredPartner | null> {
    return this.one(this.database.reader, 'id = $1', id);
  }

  findByTokenHash(hash: string): Promise<StoredPartner | null> {
    return this.one(this.database.reader, 'token_hash = $1', hash);
  }

  /** The partner under a row lock that lasts until the transaction ends. */
  lock(transaction: Transaction, id: string): Promise<StoredPartner | null> {
    return this.one(transaction, 'id = $1 for update', id);
  }

  /** Partners by age; ids ascend by creation. */
  async list(limit: number, afterId: string | undefined): Promise<{ items: StoredPartner[]; more: boolean }> {
    const rows: Row[] = await this.database.reader.query(
      `select ${COLUMNS} from partner where id > $1 order by id limit $2`,
      [afterId ?? '', limit + 1],
    );
    return { items: rows.slice(0, limit).map(stored), more: rows.length > limit };
  }

  async insert(transaction: Transaction, partner: Partner, now: Date): Promise<StoredPartner> {
    const values = valuesOf(partner, now);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const rows: Row[] = await transaction.query(
      `insert into partner (${WRITTEN}, revision, created_at) values (${places}, 1, $${values.length}) returning ${COLUMNS}`,
      values,
    );
    return only(rows);
  }

  /** Writes a partner that this transaction has locked. */
  async update(transaction: Transaction, partner: Partner, now: Date): Promise<StoredPartner> {
    const values = valuesOf(partner, now);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const [rows]: [Row[], number] = await transaction.query(
      `update partner set (${WRITTEN}, revision) = (${places}, revision + 1) where id = $1 returning ${COLUMNS}`,
      values,
    );
    return only(rows);
  }

  /**
   * Binds parties to a partner and frees those that it had before. Waits for whoever binds one of them at this moment.
   * @returns the parties that another partner speaks for; then nothing may be committed.
   */
  async bind(transaction: Transaction, partnerId: string, parties: readonly PartyKey[]): Promise<readonly PartyKey[]> {
    await transaction.query('delete from partner_party where partner_id = $1 and not party = any($2)', [
      partnerId,
      parties,
    ]);
    // In one order for all, so that two registrations cannot wait for each other.
    const taken: PartyKey[] = [];
    for (const party of [...new Set(parties)].sort()) {
      const rows: { partner_id: string }[] = await transaction.query(
        `insert into partner_party (party, partner_id) values ($1, $2)
         on conflict (party) do update set partner_id = partner_party.partner_id returning partner_id`,
        [party, partnerId],
      );
      if (rows[0]?.partner_id !== partnerId) taken.push(party);
    }
    return taken;
  }

  /** Which of these parties some partner speaks for. */
  async bound(transaction: Transaction, parties: readonly PartyKey[]): Promise<ReadonlySet<string>> {
    const rows: { party: string }[] = await transaction.query('select party from partner_party where party = any($1)', [
      parties,
    ]);
    return new Set(rows.map(({ party }) => party));
  }

  /** Keys of the CPO parties that any partner is offered. */
  async ownParties(transaction: Transaction): Promise<ReadonlySet<string>> {
    const rows: { party: string }[] = await transaction.query(
      `select distinct upper((entry->>'country_code') || '*' || (entry->>'party_id')) as party
       from partner, jsonb_array_elements(parties) entry`,
    );
    return new Set(rows.map(({ party }) => party));
  }

  private async one(
    manager: Pick<Transaction, 'query'>,
    condition: string,
    parameter: string,
  ): Promise<StoredPartner | null> {
    const rows: Row[] = await manager.query(`select ${COLUMNS} from partner where ${condition}`, [parameter]);
    return rows[0] === undefined ? null : stored(rows[0]);
  }
}

/** In the order of WRITTEN; the time of the change is the last. */
function valuesOf(partner: Partner, now: Date): unknown[] {
  return [
    partner.id,
    partner.name,
    partner.status,
    partner.profile,
    JSON.stringify(partner.settings),
    JSON.stringify(partner.parties),
    JSON.stringify(partner.customerReferences),
    JSON.stringify(partner.versions),
    partner.version,
    partner.versionsUrl,
    JSON.stringify(partner.roles),
    JSON.stringify(partner.endpoints),
    partner.inboundToken?.hash ?? null,
    partner.inboundToken?.scope ?? null,
    partner.inboundToken?.sealed ?? null,
    partner.outboundToken,
    now,
  ];
}

function only(rows: readonly Row[]): StoredPartner {
  if (rows[0] === undefined) throw new Error('the partner was not written');
  return stored(rows[0]);
}

function stored(row: Row): StoredPartner {
  const { token_hash: hash, token_scope: scope, token_sealed: sealed } = row;
  return {
    id: row.id,
    revision: Number(row.revision),
    name: row.name,
    status: row.status,
    profile: row.profile,
    settings: row.settings,
    parties: row.parties,
    customerReferences: row.customer_references,
    versions: row.versions,
    version: row.version,
    versionsUrl: row.versions_url,
    roles: row.roles,
    endpoints: row.endpoints,
    inboundToken: hash !== null && scope !== null && sealed !== null ? { hash, scope, sealed } : null,
    outboundToken: row.outbound_token,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
