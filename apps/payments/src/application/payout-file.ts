import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { PayoutMapping } from '@voltap/contracts/back-office';
import { type Decimal, decimal, type FieldViolation, VoltapError } from '@voltap/kernel';
import { parse } from 'csv-parse';
import { DateTime } from 'luxon';

/** One line of an acquirer's file. Amounts are decimal texts; `amount` is before the acquirer's fee. */
export interface PayoutLine {
  /** Of the line in the file, from 1, the header included. */
  readonly line: number;
  readonly transactionId: string | null;
  readonly authorization_reference: string | null;
  readonly cardLastFour: string | null;
  readonly amount: string;
  readonly fee: string;
  readonly currency: string;
  readonly transactedAt: Date | null;
  readonly paidAt: Date;
}

const MOST_VIOLATIONS = 20;

/**
 * Reads an acquirer's CSV by the operator's mapping, line by line, whatever its size. `digest()` afterwards tells whether
 * the same file came before.
 */
export class PayoutFile {
  private readonly hash = createHash('sha256');
  private readonly violations: FieldViolation[] = [];

  constructor(private readonly mapping: PayoutMapping) {}

  /** @throws VoltapError invalid_parameter at the end, naming line and column of what was not understood; at once for a missing column. */
  async *lines(file: AsyncIterable<Uint8Array>): AsyncGenerator<PayoutLine> {
    const { delimiter, skipLines, only } = this.mapping;
    const parser = parse({
      columns: (header: string[]) => this.checkedHeader(header),
      delimiter,
      from_line: skipLines + 1,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      info: true,
    });
    // Its failure reaches whoever reads the parser.
    const fed = pipeline(this.decoded(file), parser).catch(() => undefined);
    try {
      for await (const { record, info } of parser as AsyncIterable<{
        record: Record<string, string>;
        info: { lines: number };
      }>) {
        if (only !== undefined && !only.values.includes(record[only.column] ?? '')) continue;
        const line = this.lineOf(record, info.lines);
        if (line !== null && this.violations.length === 0) yield line;
        if (this.violations.length >= MOST_VIOLATIONS) break;
      }
    } catch (cause) {
      if (cause instanceof VoltapError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw invalid([{ pointer: '/', message: `is no CSV with the delimiter "${delimiter}": ${reason}` }]);
    } finally {
      parser.destroy();
      await fed;
    }
    if (this.violations.length > 0) throw invalid(this.violations);
  }

  digest(): string {
    return this.hash.digest('hex');
  }

  private async *decoded(file: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    const decoder = new TextDecoder(this.mapping.encoding);
    for await (const chunk of file) {
      this.hash.update(chunk);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  }

  private checkedHeader(header: string[]): string[] {
    const { columns, only } = this.mapping;
    const wanted = [...Object.values(columns), ...(only === undefined ? [] : [only.column])];
    const missing = wanted.filter((name) => name !== undefined && !header.includes(name));
    if (missing.length === 0) return header;
    const found = header.join(', ').slice(0, 300);
    throw invalid(
      missing.map((name) => ({ pointer: `/1/${name}`, message: `is no column of the file, which has ${found}` })),
    );
  }

  private lineOf(record: Record<string, string>, line: number): PayoutLine | null {
    const { columns, currency: always, amountAfterFee } = this.mapping;
    const before = this.violations.length;
    const text = (column: string | undefined): string | null => (column === undefined ? null : record[column] || null);
    const wrong = (column: string, message: string): void => {
      this.violations.push({ pointer: `/${line}/${column}`, message });
    };
    const amountIn = (column: string): Decimal => {
      const parsed = this.amount(text(column) ?? '');
      if (parsed === null)
        wrong(column, `"${record[column] ?? ''}" is no amount with the decimal mark "${this.mapping.decimalMark}"`);
      return parsed ?? decimal(0);
    };
    const instantIn = (column: string): Date => {
      const parsed = this.instant(text(column) ?? '');
      if (parsed === null)
        wrong(column, `"${record[column] ?? ''}" is no time of the format ${this.mapping.dateFormat}`);
      return parsed ?? new Date(0);
    };
    const fee = columns.fee === undefined ? decimal(0) : amountIn(columns.fee).abs();
    const named = amountIn(columns.amount);
    const currency = (text(columns.currency) ?? always ?? '').toUpperCase();
    if (!/^[A-Z]{3}$/.test(currency)) wrong(columns.currency ?? 'currency', `"${currency}" is no currency`);
    const paidAt = instantIn(columns.paidAt);
    const transactedAt = columns.transactedAt === undefined ? null : instantIn(columns.transactedAt);
    if (this.violations.length > before) return null;
    return {
      line,
      transactionId: text(columns.transactionId),
      authorization_reference: text(columns.reference),
      cardLastFour: /(\d{4})\D*$/.exec(text(columns.card) ?? '')?.[1] ?? null,
      amount: (amountAfterFee ? named.plus(fee) : named).toString(),
      fee: fee.toString(),
      currency,
      transactedAt,
      paidAt,
    };
  }

  private amount(text: string): Decimal | null {
    const mark = this.mapping.decimalMark;
    const plain = text.replaceAll(mark === ',' ? /[.\s']/g : /[,\s']/g, '').replace(mark, '.');
    return /^[+-]?\d+(\.\d+)?$/.test(plain) ? decimal(plain.replace(/^\+/, '')) : null;
  }

  private instant(text: string): Date | null {
    const { dateFormat, timeZone: zone } = this.mapping;
    const parsed =
      dateFormat === 'ISO' ? DateTime.fromISO(text, { zone }) : DateTime.fromFormat(text, dateFormat, { zone });
    return parsed.isValid ? parsed.toJSDate() : null;
  }
}

function invalid(violations: readonly FieldViolation[]): VoltapError {
  const [first] = violations;
  const more = violations.length > 1 ? ` ${violations.length - 1} more like it.` : '';
  return new VoltapError('invalid_parameter', `${first?.pointer} ${first?.message}. Nothing was imported.${more}`, {
    violations: [...violations],
  });
}
