import { Injectable } from '@nestjs/common';
import { Clock, type ErrorCode, Ids } from '@voltap/kernel';
import type { OcpiVersion } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Cause, ExchangeCall, NewPartnerEvent, PartnerAction, PartnerEvent } from '../domain/partner-event.js';

interface Row {
  id: string;
  partner_id: string;
  at: Date;
  action: PartnerAction;
  cause: Cause;
  outcome: PartnerEvent['outcome'];
  code: ErrorCode | null;
  message: string;
  version: OcpiVersion | null;
  calls: ExchangeCall[];
}

/** What happened to the connections, in order. */
@Injectable()
export class PartnerEventRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** With the change that it tells of. */
  async add(transaction: Transaction, partnerId: string, event: NewPartnerEvent): Promise<void> {
    await transaction.query(
      `insert into partner_event (id, partner_id, at, action, cause, outcome, code, message, version, calls)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        this.ids.next(),
        partnerId,
        this.clock.now(),
        event.action,
        JSON.stringify(event.cause),
        event.outcome,
        event.code,
        event.message,
        event.version,
        JSON.stringify(event.calls),
      ],
    );
  }

  /** What changed nothing. */
  async record(partnerId: string, event: NewPartnerEvent): Promise<void> {
    await this.database.transaction((transaction) => this.add(transaction, partnerId, event));
  }

  /** Newest first; ids ascend by time. */
  async list(
    partnerId: string,
    limit: number,
    beforeId: string | undefined,
  ): Promise<{ items: PartnerEvent[]; more: boolean }> {
    const rows: Row[] = await this.database.reader.query(
      `select * from partner_event where partner_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [partnerId, beforeId ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(({ partner_id, ...row }) => ({ ...row, partnerId: partner_id }));
    return { items, more: rows.length > limit };
  }

  /** @returns how many were too old to be kept. */
  async prune(before: Date): Promise<number> {
    const [, count]: [unknown[], number] = await this.database.reader.query('delete from partner_event where at < $1', [
      before,
    ]);
    return count;
  }
}
