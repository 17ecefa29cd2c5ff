import fc from 'fast-check';
import { z } from 'zod';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly examples?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Variety {
  /** Fields that no table has, at every depth. */
  readonly unknownFields?: boolean;
  /** Values of open enums that no table has. */
  readonly unknownValues?: boolean;
}

/** Texts of thousands of characters cost time and show nothing more. */
const LONGEST = 40;

/** Values that a schema accepts in the form that reading leaves behind (no null, DateTimes with `Z`). */
export function arbitraryOf(schema: z.ZodType, variety: Variety = {}): fc.Arbitrary<unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
  // Rules that span fields are not in the JSON schema.
  return valuesOf(json, variety).filter((value) => schema.safeParse(value).success);
}

function valuesOf(schema: JsonSchema, variety: Variety): fc.Arbitrary<unknown> {
  if (schema.anyOf) {
    const given = schema.anyOf.filter(({ type }) => type !== 'null');
    return fc.oneof(...given.map((each) => valuesOf(each, variety)));
  }
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type;
  switch (type) {
    case 'object':
      return objectOf(schema, variety);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, variety), { minLength: schema.minItems ?? 0, maxLength: 2 });
    case 'string':
      return textOf(schema, variety);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e9), max: Math.min(schema.maximum ?? 1e9, 1e9) });
    case 'number':
      return fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((units) => units / 10_000);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf({ properties = {}, required = [] }: JsonSchema, variety: Variety): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema, variety)]),
  );
  const documented = fc.record(fields, { requiredKeys: [...required], noNullPrototype: true });
  if (!variety.unknownFields) return documented;
  const name = fc.stringMatching(/^[a-z_]{1,12}$/).filter((each) => !(each in properties));
  const unknown = fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2, noNullPrototype: true });
  return fc.tuple(documented, unknown).map(([known, extra]) => ({ ...extra, ...known }));
}

function textOf({ examples, pattern, format, maxLength = 40 }: JsonSchema, variety: Variety): fc.Arbitrary<string> {
  if (examples) {
    const known = fc.constantFrom(...examples);
    return variety.unknownValues ? fc.oneof(known, fc.stringMatching(/^[A-Z][A-Z_]{0,20}$/)) : known;
  }
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((at) => at.toISOString());
  }
  if (format === 'uri') return fc.webUrl();
  // Tokens of printable ASCII are compared without case and trimmed nowhere: any of them will do.
  if (pattern?.includes('x20-'))
    return fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: Math.min(maxLength, LONGEST) });
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'binary', maxLength: Math.min(maxLength, LONGEST) });
}
