import { Injectable } from '@nestjs/common';
import type { Party, PartyKey } from '@voltap/kernel';
import type { CredentialsRole, Endpoint, OcpiVersion } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { InboundToken, TokenUse } from '../domain/inbound-token.js';
import type { OwnExchange, OwnParty, Partner, PartnerStatus, StoredPartner } from '../domain/partner.js';
import type { RequiredEndpoint } from '../domain/required-endpoints.js';

interface Row {
  id: string;
  revision: string;
  name: string;
  status: PartnerStatus;
  profile: string;
  environment: 'live' | 'test';
  settings: Record<string, unknown>;
  parties: OwnParty[];
  partner_parties: Party[];
  customer_references: string[];
  versions: OcpiVersion[];
  required_endpoints: RequiredEndpoint[] | null;
  allowed_hosts: string[];
  version: OcpiVersion | null;
  versions_url: string | null;
  roles: CredentialsRole[];
  endpoints: Endpoint[];
  outbound_token: string | null;
  exchange: (Omit<OwnExchange, 'startedAt' | 'until'> & { startedAt: string; until: string }) | null;
  created_at: Date;
  updated_at: Date;
  tokens: { hash: string; use: TokenUse; sealed: string; issued_at: string; expires_at: string | null }[];
}

const WRITTEN = `id, name, status, profile, environment, settings, parties, partner_parties, customer_references, versions,
  required_endpoints, allowed_hosts, version, versions_url, roles, endpoints, outbound_token, exchange, updated_at`;
const TOKENS = `(select coalesce(jsonb_agg(to_jsonb(t) order by t.issued_at, t.hash), '[]') from partner_token t
  where t.partner_id = partner.id) as tokens`;
const COLUMNS = `${WRITTEN}, revision, created_at, ${TOKENS}`;

/** Partners with their tokens, and which partner speaks for which party. */
@Injectable()
export class PartnerRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<StoredPartner | null> {
    return this.one(this.database.reader, 'id = $1', id);
  }

  findByTokenHash(hash: string): Promise<StoredPartner | null> {
    return this.one(this.database.reader, 'id = (select t.partner_id from partner_token t where t.hash = $1)', hash);
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

  /** When the tokens were issued with which partners call us now. */
  async currentTokens(): Promise<{ partnerId: string; issuedAt: Date }[]> {
    return this.database.reader.query(
      `select partner_id as "partnerId", max(issued_at) as "issuedAt" from partner_token where use = 'current'
       group by partner_id`,
    );
  }

  async insert(transaction: Transaction, partner: Partner, now: Date): Promise<StoredPartner> {
    const values = valuesOf(partner, now);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await transaction.query(
      `insert into partner (${WRITTEN}, revision, created_at) values (${places}, 1, $${values.length})`,
      values,
    );
    return this.written(transaction, partner);
  }

  /** Writes a partner that this transaction has locked. */
  async update(transaction: Transaction, partner: Partner, now: Date): Promise<StoredPartner> {
    const values = valuesOf(partner, now);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await transaction.query(
      `update partner set (${WRITTEN}, revision) = (${places}, revision + 1) where id = $1`,
      values,
    );
    await transaction.query('delete from partner_token where partner_id = $1', [partner.id]);
    return this.written(transaction, partner);
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

  private async written(transaction: Transaction, { id, tokens }: Partner): Promise<StoredPartner> {
    for (const { hash, use, sealed, issuedAt, expiresAt } of tokens) {
      await transaction.query(
        `insert into partner_token (hash, partner_id, use, sealed, issued_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
        [hash, id, use, sealed, issuedAt, expiresAt],
      );
    }
    const partner = await this.one(transaction, 'id = $1', id);
    if (partner === null) throw new Error('the partner was not written');
    return partner;
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
    partner.environment,
    JSON.stringify(partner.settings),
    JSON.stringify(partner.parties),
    JSON.stringify(partner.partnerParties),
    JSON.stringify(partner.customerReferences),
    JSON.stringify(partner.versions),
    partner.requiredEndpoints === null ? null : JSON.stringify(partner.requiredEndpoints),
    JSON.stringify(partner.allowedHosts),
    partner.version,
    partner.versionsUrl,
    JSON.stringify(partner.roles),
    JSON.stringify(partner.endpoints),
    partner.outboundToken,
    partner.exchange === null ? null : JSON.stringify(partner.exchange),
    now,
  ];
}

function stored(row: Row): StoredPartner {
  return {
    id: row.id,
    revision: Number(row.revision),
    name: row.name,
    status: row.status,
    profile: row.profile,
    environment: row.environment,
    settings: row.settings,
    parties: row.parties,
    partnerParties: row.partner_parties,
    customerReferences: row.customer_references,
    versions: row.versions,
    requiredEndpoints: row.required_endpoints,
    allowedHosts: row.allowed_hosts,
    version: row.version,
    versionsUrl: row.versions_url,
    roles: row.roles,
    endpoints: row.endpoints,
    tokens: row.tokens.map(tokenOf),
    outboundToken: row.outbound_token,
    exchange:
      row.exchange === null
        ? null
        : { ...row.exchange, startedAt: new Date(row.exchange.startedAt), until: new Date(row.exchange.until) },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function tokenOf({ hash, use, sealed, issued_at, expires_at }: Row['tokens'][number]): InboundToken {
  return {
    hash,
    use,
    sealed,
    issuedAt: new Date(issued_at),
    expiresAt: expires_at === null ? null : new Date(expires_at),
  };
}
