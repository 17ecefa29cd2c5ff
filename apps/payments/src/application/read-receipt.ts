import { Inject, Injectable } from '@nestjs/common';
import type { LegalEntity, Receipt } from '@voltap/contracts/back-office';
import { type Decimal, decimal, minorUnits, currency as parseCurrency } from '@voltap/kernel';
import { receiptKind } from '../domain/receipt-kind.js';
import { totalWithTaxes } from '../domain/reconciliation.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { ConfirmationRepository } from '../store/confirmation-repository.js';
import { LegalEntityRepository } from '../store/legal-entity-repository.js';
import { ReceiptRepository, type ReceiptRow } from '../store/receipt-repository.js';
import { ReconciliationRepository, type ReconciliationRow } from '../store/reconciliation-repository.js';
import { TerminalRepository } from '../store/terminal-repository.js';

/** The receipt of a charge: what was frozen with its number, and what has become of the money since. */
@Injectable()
export class ReadReceipt {
  constructor(
    private readonly receipts: ReceiptRepository,
    private readonly reconciliations: ReconciliationRepository,
    private readonly confirmations: ConfirmationRepository,
    private readonly legalEntities: LegalEntityRepository,
    private readonly terminals: TerminalRepository,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /** By the operator. @returns null when there is no such receipt (yet). */
  async byReference(reference: string): Promise<Receipt | null> {
    const found = await this.receipts.find(reference);
    return found === null ? null : this.view(found);
  }

  /** By a driver. `charge`: the money of a charge under way that has no receipt yet. */
  async bySecret(
    secret: string,
    reference: string,
  ): Promise<{ receipt: Receipt | null; charge: ReconciliationRow | null } | null> {
    const partnerId = await this.terminals.partnerByReceiptSecret(secret);
    if (partnerId === null) return null;
    const found = await this.receipts.find(reference, partnerId);
    if (found !== null) return { receipt: await this.view(found), charge: null };
    const charge = await this.reconciliations.find(reference, partnerId);
    return charge === null ? null : { receipt: null, charge };
  }

  /** Where the receipt of a reference is or will be; null when no terminal has the secret. */
  async addressOf(secret: string, reference: string): Promise<string | null> {
    const partnerId = await this.terminals.partnerByReceiptSecret(secret);
    return partnerId === null ? null : this.url(secret, reference);
  }

  private url(secret: string, reference: string): string {
    return `${this.config.VOLTAP_PUBLIC_URL}/receipts/${secret}/${encodeURIComponent(reference)}`;
  }

  private async view({ receipt: row, creditNotes }: Found): Promise<Receipt> {
    const [charge, entity, cardLines, secret] = await Promise.all([
      this.reconciliations.find(row.authorization_reference, row.partnerId),
      this.legalEntities.find(row.party),
      this.confirmations.cardLines(row.partnerId, row.authorization_reference),
      this.terminals.anyReceiptSecret(row.partnerId),
    ]);
    const reference = row.cdr.authorization_reference ?? row.authorization_reference;
    const url = secret === null ? null : this.url(secret, reference);
    return receiptOf(row, { charge, seller: row.seller ?? entity, creditNotes, cardLines, url, reference });
  }
}

type Found = NonNullable<Awaited<ReturnType<ReceiptRepository['find']>>>;

interface Surroundings {
  readonly creditNotes: readonly ReceiptRow[];
  readonly charge: ReconciliationRow | null;
  readonly seller: LegalEntity | null;
  readonly cardLines: string[];
  readonly url: string | null;
  readonly reference: string;
}

function receiptOf(row: ReceiptRow, { charge, seller, creditNotes, cardLines, url, reference }: Surroundings): Receipt {
  const { cdr } = row;
  const places = minorUnits(parseCurrency(cdr.currency));
  const amount = (value: Decimal | number | string): string => decimal(value).toFixed(places);
  const { cdr_location: place } = cdr;
  const captured = charge?.facts.confirmation?.captured ?? null;
  return {
    number: row.number,
    issuedAt: row.issuedAt.toISOString(),
    url,
    seller,
    status: statusOf(charge),
    authorization_reference: reference,
    sessionId: cdr.session_id ?? null,
    cdrId: cdr.id,
    place: {
      name: place.name ?? null,
      address: [place.address, [place.postal_code, place.city].filter(Boolean).join(' ')].filter(Boolean).join(', '),
      evseId: place.evse_id,
      connector_id: place.connector_id,
    },
    meterId: cdr.meter_id ?? null,
    timeZone: row.timeZone,
    startedAt: cdr.start_date_time,
    endedAt: cdr.end_date_time,
    energyKwh: decimal(cdr.total_energy).toString(),
    currency: cdr.currency,
    lines: row.lines.map((line) => ({
      ...line,
      beforeTaxes: amount(line.beforeTaxes),
      afterTaxes: amount(line.afterTaxes),
    })),
    totals: {
      beforeTaxes: amount(cdr.total_cost.before_taxes),
      taxes: (cdr.total_cost.taxes ?? []).map((tax) => ({
        name: tax.name,
        percentage: tax.percentage === undefined ? null : decimal(tax.percentage).toString(),
        amount: amount(tax.amount),
      })),
      afterTaxes: amount(totalWithTaxes(cdr.total_cost)),
    },
    captured: captured === null ? null : amount(captured),
    cardLines,
    kind: receiptKind(
      { country_code: cdr.country_code, total: row.total, currency: cdr.currency, hasBuyer: row.buyer !== null },
      seller?.simplifiedLimit,
    ),
    buyer: row.buyer,
    creditNotes: creditNotes.map((note) => ({
      number: note.number,
      issuedAt: note.issuedAt.toISOString(),
      cdrId: note.cdr.id,
      of: note.creditOf ?? '',
      total: amount(note.total),
    })),
    signedData: signedDataOf(cdr),
  };
}

function signedDataOf({ signed_data: signed }: ReceiptRow['cdr']): Receipt['signedData'] {
  if (signed === undefined) return null;
  return {
    encodingMethod: signed.encoding_method,
    publicKey: signed.public_key ?? null,
    url: signed.url ?? null,
    values: signed.signed_values.map(({ nature, plain_data, signed_data }) => ({
      nature,
      plain: plain_data,
      signed: signed_data,
    })),
  };
}

function statusOf(charge: ReconciliationRow | null): Receipt['status'] {
  switch (charge?.facts.confirmation?.status) {
    case 'SUCCESS':
      return 'PAID';
    case 'PARTIAL_SUCCESS':
      return 'PARTLY_PAID';
    case 'FAILED':
      return 'NOT_PAID';
    default:
      return 'SETTLING';
  }
}
