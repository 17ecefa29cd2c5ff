import { Injectable } from '@nestjs/common';
import { type FieldViolation, objectKey } from '@voltap/kernel';
import type { Status } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { changeStatus } from '../domain/merge-location.js';
import { LocationRepository } from '../store/location-repository.js';
import { StoreLocation } from './store-location.js';

export interface StatusReport {
  readonly country_code: string;
  readonly party_id: string;
  readonly location_id: string;
  readonly evse_uid: string;
  readonly status: Status;
}

export interface ReportSummary {
  readonly received: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refusals: readonly { readonly index: number; readonly violations: readonly FieldViolation[] }[];
}

/** The back-end reports statuses of EVSEs. A report that changes nothing is told to nobody. */
@Injectable()
export class ReportEvseStatus {
  constructor(
    private readonly database: Database,
    private readonly locations: LocationRepository,
    private readonly storeLocation: StoreLocation,
  ) {}

  /** Reports about one location are applied in their order; one that names nothing known is refused, the others hold. */
  async execute(reports: readonly StatusReport[]): Promise<ReportSummary> {
    const numbered = reports.map((report, index) => ({ report, index, key: objectKey(report, report.location_id) }));
    // In one order of locations, so that two reports at once do not wait for each other in a circle.
    numbered.sort((left, right) => (left.key === right.key ? left.index - right.index : left.key < right.key ? -1 : 1));
    return this.database.transaction(async (transaction) => {
      let changed = 0;
      const refusals: ReportSummary['refusals'][number][] = [];
      for (const { report, index } of numbered) {
        const outcome = await this.apply(transaction, report);
        if (outcome === true) changed += 1;
        else if (outcome !== false) refusals.push({ index, violations: [outcome] });
      }
      refusals.sort((left, right) => left.index - right.index);
      return { received: reports.length, changed, unchanged: reports.length - changed - refusals.length, refusals };
    });
  }

  private async apply(transaction: Transaction, report: StatusReport): Promise<boolean | FieldViolation> {
    const current = await this.locations.lock(transaction, report, report.location_id);
    if (current === null)
      return { pointer: '/location_id', message: `there is no location ${report.location_id} of this party` };
    const merged = changeStatus(current.content, report.evse_uid, report.status);
    if (merged === null) {
      return { pointer: '/evse_uid', message: `location ${report.location_id} has no EVSE ${report.evse_uid}` };
    }
    if (!merged.changed) return false;
    await this.storeLocation.execute(transaction, merged);
    return true;
  }
}
