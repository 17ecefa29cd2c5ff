import { type Decimal, decimal } from '@voltap/kernel';
import type { Price } from '@voltap/ocpi/model';
import type { SessionRecord } from './session-record.js';

/**
 * Whether a running charge is to be stopped: what it costs with taxes has come within the margin of the amount that the
 * terminal was told to reserve on the card. More than that amount cannot be captured.
 * @param marginPercent of the amount; what is charged between two reports of the back-end has to fit into it
 */
export function limitReached(record: SessionRecord, cost: Price | undefined, marginPercent: number): boolean {
  const { session, partnerId, commandId, tariff } = record;
  if (session.status !== 'ACTIVE' || partnerId === null || commandId === null || cost === undefined) return false;
  const amount = tariff?.tariff.preauthorize_amount;
  if (amount === undefined || amount <= 0) return false;
  // Then the cost stops by itself, and the driver may go on charging.
  const most = tariff?.tariff.max_price?.after_taxes;
  if (most !== undefined && decimal(most).lessThanOrEqualTo(amount)) return false;
  const stopFrom = decimal(amount).times(decimal(100).minus(marginPercent)).div(100);
  return withTaxes(cost).greaterThanOrEqualTo(stopFrom);
}

function withTaxes({ before_taxes, taxes = [] }: Price): Decimal {
  return taxes.reduce((sum, { amount }) => sum.plus(decimal(amount)), decimal(before_taxes));
}
