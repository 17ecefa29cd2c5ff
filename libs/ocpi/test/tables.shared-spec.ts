import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ENUMS, OBJECTS } from '@voltap/ocpi/model';
import { schemaIn } from '@voltap/ocpi/versions';
import { z } from 'zod';

/** The tables of the specification against the model: names, cardinalities, types and lengths, field by field. */
const OCPI = resolve(import.meta.dirname, '../../../../shared/ocpi');

interface Field {
  readonly name: string;
  readonly type: string;
  readonly max?: number;
  readonly card: string;
}
interface Tables {
  readonly objects: Readonly<Record<string, readonly Field[]>>;
  readonly enums: Readonly<Record<string, { readonly open: boolean; readonly values: readonly string[] }>>;
}

const tablesOf = (version: string): Tables => JSON.parse(readFileSync(`${OCPI}/schema-${version}.json`, 'utf8'));
const TABLES = { '2.3.0': tablesOf('2.3.0'), '2.2.1': tablesOf('2.2.1') } as const;
const OBJECT_SCHEMAS: Readonly<Record<string, z.ZodType>> = OBJECTS;
const ENUM_SCHEMAS: Readonly<Record<string, z.ZodType>> = ENUMS;

/** Where the model knowingly differs from a table: the fields, and the erratum that says why. */
const LONGER: Readonly<Record<string, number>> = {
  // Callable URLs are taken as long as they come (E-53).
  'CancelReservation.response_url': 2048,
  'Credentials.url': 2048,
  'Endpoint.url': 2048,
  'ReserveNow.response_url': 2048,
  'SetChargingProfile.response_url': 2048,
  'StartSession.response_url': 2048,
  'StopSession.response_url': 2048,
  'UnlockConnector.response_url': 2048,
  'Version.url': 2048,
  // Copies of Location fields and ids of credit CDRs are taken at the larger length (E-53).
  'CdrLocation.address': 255,
  'CdrLocation.state': 45,
  'InvoiceReconciliationRecord.cdrs': 39,
};
/** CiString on paper, texts for people in practice (E-15). */
const UTF8_BESIDES_THE_TABLE = [
  'FinancialAdviceConfirmation.capture_status_message',
  'FinancialAdviceConfirmation.eft_data',
  'Terminal.address',
  'Terminal.city',
  'Terminal.postal_code',
  'Terminal.state',
];
/** Cardinality `+`, but a failed capture has none (E-07); the rule spans two fields. */
const MAY_BE_MISSING = ['FinancialAdviceConfirmation.eft_data'];

/** The schema of a field without its cardinality, and the cardinality. */
function taken(field: z.ZodType): { readonly inner: z.ZodType; readonly card: string } {
  let inner = field;
  let optional = false;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
    optional = true;
    inner = inner.unwrap() as z.ZodType;
  }
  if (!(inner instanceof z.ZodArray)) return { inner, card: optional ? '?' : '1' };
  const empty = inner.safeParse([]).success;
  return { inner: inner.element as z.ZodType, card: optional ? '*' : empty ? '[]' : '+' };
}

function wellFormed(type: string, length: number): string {
  if (type === 'URL') return `https://voltap.example/${'x'.repeat(length)}`.slice(0, length);
  return 'A'.repeat(length);
}

/** What of a field differs from its table row. */
function faults(object: string, field: Field, schema: z.ZodType): string[] {
  const at = `${object}.${field.name}`;
  const { inner, card } = taken(schema);
  const found: string[] = [];
  const expected = MAY_BE_MISSING.includes(at) ? '*' : field.card;
  if (card !== expected) found.push(`${at}: cardinality ${card}, not ${expected}`);
  const reads = (value: unknown): boolean => inner.safeParse(value).success;
  const text = field.type === 'string' || field.type === 'CiString' || field.type === 'URL';
  if (text) {
    const pattern = ['A', '00:00', '2026-01-01', '0.00000'].find(reads) === undefined;
    const max = LONGER[at] ?? field.max ?? (field.type === 'URL' ? 255 : undefined);
    if (max !== undefined && !pattern && reads('A'.repeat(max)) && max < 256 && reads(wellFormed(field.type, max + 1)))
      found.push(`${at}: more than ${max} characters are taken`);
    if (max !== undefined && (reads('A') || field.type === 'URL') && !reads(wellFormed(field.type, max)))
      found.push(`${at}: ${max} characters are refused`);
    const utf8 = field.type !== 'CiString' || UTF8_BESIDES_THE_TABLE.includes(at);
    if (field.type !== 'URL' && reads('A') && reads('Ö') !== utf8)
      found.push(`${at}: Ö is ${utf8 ? 'refused' : 'taken'}`);
    if (reads(1)) found.push(`${at}: a number is taken for a text`);
  } else if (field.type === 'number' || field.type === 'int') {
    if (!(reads(7) || reads(1000)) || reads('1')) found.push(`${at}: must take JSON numbers only`);
    if (reads(1.5) === (field.type === 'int')) found.push(`${at}: 1.5 as ${field.type}`);
  } else if (field.type === 'boolean') {
    if (!reads(true) || reads('true')) found.push(`${at}: must take JSON booleans only`);
  } else if (field.type === 'DateTime') {
    if (!reads('2026-01-01T00:00:00Z') || reads('2026-01-01')) found.push(`${at}: must take DateTimes only`);
  } else if (field.type in OBJECT_SCHEMAS || field.type in ENUM_SCHEMAS) {
    const named = OBJECT_SCHEMAS[field.type] ?? ENUM_SCHEMAS[field.type];
    if (inner !== named) found.push(`${at}: is no ${field.type}`);
  }
  return found;
}

describe('the model of 2.3.0', () => {
  it('has every object and every enum of the tables, and no other', () => {
    expect(Object.keys(OBJECTS).sort()).toEqual(Object.keys(TABLES['2.3.0'].objects).sort());
    // Named in chapters only, without a table (E-01).
    const enums = [...Object.keys(TABLES['2.3.0'].enums), 'ModuleID'];
    expect(Object.keys(ENUMS).sort()).toEqual(enums.sort());
  });

  it.each(Object.entries(TABLES['2.3.0'].objects))('has %s as in its table (FMT-01, FMT-05)', (name, fields) => {
    const schema = OBJECT_SCHEMAS[name] as z.ZodObject;
    expect(Object.keys(schema.shape).sort()).toEqual(fields.map((field) => field.name).sort());
    // The payload of an envelope is whatever its endpoint says.
    const compared = fields.filter((field) => `${name}.${field.name}` !== 'ResponseEnvelope.data');
    expect(compared.flatMap((field) => faults(name, field, schema.shape[field.name] as z.ZodType))).toEqual([]);
  });

  it.each(Object.entries(TABLES['2.3.0'].enums))(
    'has %s as in its table (FMT-18, FMT-24)',
    (name, { open, values }) => {
      const schema = ENUM_SCHEMAS[name] as z.ZodType & { readonly known?: readonly string[] };
      const known = schema instanceof z.ZodEnum ? schema.options : (schema.known ?? []);
      // Roles are read as open, with PTP and the HUB of 2.2.1 (E-02, E-57).
      expect(schema instanceof z.ZodEnum).toBe(name === 'Role' ? false : !open);
      expect([...known].sort()).toEqual([...values, ...(name === 'Role' ? ['PTP', 'HUB'] : [])].sort());
    },
  );
});

describe('the model of 2.2.1', () => {
  it.each(Object.entries(TABLES['2.2.1'].objects))('has the fields of %s as in its table', (name, fields) => {
    const schema = schemaIn('2.2.1', OBJECT_SCHEMAS[name] as z.ZodType) as z.ZodObject;
    expect(Object.keys(schema.shape).sort()).toEqual(fields.map((field) => field.name).sort());
    const cards = fields.map((field) => [field.name, taken(schema.shape[field.name] as z.ZodType).card]);
    expect(Object.fromEntries(cards)).toEqual(
      Object.fromEntries(fields.map(({ name, card }) => [name, card === '* or ?' ? '?' : card])),
    );
  });

  it('has the closed enums of its tables', () => {
    const differing = Object.entries(TABLES['2.2.1'].enums).flatMap(([name, { values }]) => {
      const schema = schemaIn('2.2.1', ENUM_SCHEMAS[name] as z.ZodType);
      if (!(schema instanceof z.ZodEnum)) return [name];
      return [...schema.options].sort().join() === [...values].sort().join() ? [] : [name];
    });
    // Read as open in both: PTP is used on top of 2.2.1, and a partner lists all the versions it has (VER-09).
    expect(differing.sort()).toEqual(['Role', 'VersionNumber']);
  });
});
