import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import { ENUMS, OBJECTS, PATCHES } from '@voltap/ocpi/model';
import fc from 'fast-check';
import { z } from 'zod';
import { arbitraryOf } from './arbitrary.js';

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('every object of the model', () => {
  it.each(Object.entries<z.ZodType>(OBJECTS))(
    '%s survives a round trip with unknown fields and unknown values of open enums (FMT-18, FMT-20)',
    (_, schema) => {
      const values = arbitraryOf(schema, { unknownFields: true, unknownValues: true });
      fc.assert(
        fc.property(values, (value) => {
          const wire = overTheWire(value);
          expect(overTheWire(schema.parse(wire))).toEqual(wire);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(Object.entries<z.ZodType>(OBJECTS))(
    '%s is refused, by name, without any one of its required fields (FMT-15, UPD-02)',
    (_, schema) => {
      const required = (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).required ?? []) as string[];
      const [value] = fc.sample(arbitraryOf(schema), { numRuns: 1, seed: 7 });
      for (const field of required) {
        for (const held of [undefined, null]) {
          const result = schema.safeParse({ ...(value as object), [field]: held });
          expect(result.error?.issues.map(({ path }) => path[0])).toContain(field);
        }
      }
    },
  );

  it.each(Object.entries<z.ZodType>(OBJECTS))(
    '%s reads null as absent wherever a field may be (FMT-13)',
    (_, schema) => {
      const { required = [], properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      const [value] = fc.sample(arbitraryOf(schema), { numRuns: 1, seed: 11 });
      const optional = Object.keys(properties).filter((name) => !required.includes(name));
      const kept = Object.fromEntries(required.map((name) => [name, (value as Record<string, unknown>)[name]]));
      const nulls = Object.fromEntries(optional.map((name) => [name, null]));
      const [withNulls, without] = [schema.safeParse({ ...kept, ...nulls }), schema.safeParse(kept)];
      expect(withNulls.success).toBe(without.success);
      expect(withNulls.data).toEqual(without.data);
    },
  );

  it.each(Object.entries<z.ZodType>(PATCHES))(
    'a PATCH of %s may name any fields, and must name last_updated (UPD-03, UPD-04)',
    (_, schema) => {
      fc.assert(
        fc.property(arbitraryOf(schema, { unknownFields: true, unknownValues: true }), (value) => {
          const wire = overTheWire(value) as { last_updated: string };
          expect(overTheWire(schema.parse(wire))).toEqual(wire);
          const { last_updated: _, ...rest } = wire;
          expect(schema.safeParse(rest).error?.issues.map(({ path }) => path.join('/'))).toEqual(['last_updated']);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(Object.entries<z.ZodType>(ENUMS))('%s tells its values by case (FMT-24)', (_, schema) => {
    const open = !(schema instanceof z.ZodEnum);
    const known = open ? (schema as unknown as { known: readonly string[] }).known : schema.options;
    expect(known.filter((value) => !schema.safeParse(value).success)).toEqual([]);
    expect(schema.safeParse('OF_NO_TABLE').success).toBe(open);
    const spelled = known.map((value) => String(value).toLowerCase()).filter((value) => !known.includes(value));
    expect(spelled.filter((value) => schema.safeParse(value).success)).toEqual(open ? spelled : []);
  });

  it('keeps every number of up to 15 digits exactly, from the wire to a Decimal and back (FMT-11, FMT-12)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
        fc.integer({ min: 0, max: 6 }),
        (units, scale) => {
          const exact = decimal(`${units}e-${scale}`);
          const wire = `{"type":"ENERGY","volume":${exact.toString()}}`;
          const { volume } = OBJECTS.CdrDimension.parse(JSON.parse(wire));
          expect(decimal(volume).equals(exact)).toBe(true);
          expect(decimal(JSON.stringify(volume)).equals(exact)).toBe(true);
        },
      ),
    );
  });
});
