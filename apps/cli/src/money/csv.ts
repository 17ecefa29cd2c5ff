import { stringify } from 'csv-stringify/sync';

/** A table for a spreadsheet; texts that one would run as a formula are disarmed. */
export function csv<Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(row[column])));
  return stringify([[...columns], ...lines], { escape_formulas: false, record_delimiter: 'windows' }).trimEnd();
}

/** A number may begin with a minus, a text may not. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}
