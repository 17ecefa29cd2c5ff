import { describe, expect, it } from '@jest/globals';
import { OBJECTS, type ObjectName, PATCHES } from '@voltap/ocpi/model';
import { downgrade, OBJECTS_THAT_DIFFER_IN_221, schemaIn, upgrade } from '@voltap/ocpi/versions';
import fc from 'fast-check';
import { z } from 'zod';
import { arbitraryOf } from './arbitrary.js';
import { expectReturn, realigned, without } from './losses.js';

const named = (object: ObjectName): z.ZodType => OBJECTS[object];

/** The value is what 2.2.1 documents and nothing else; `connector_standard` of a CDR is told as it is. */
function strictFaults(object: ObjectName, wire: unknown): string[] {
  const result = schemaIn('2.2.1', named(object)).safeParse(wire);
  const invalid = (result.error?.issues ?? []).map(({ path }) => path.join('/'));
  return [...invalid, ...undocumented(wire, schemaIn('2.2.1', named(object)))].filter(
    (path) => path !== 'cdr_location/connector_standard',
  );
}

function undocumented(value: unknown, schema: z.ZodType, path = ''): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return undocumented(value, schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((each, index) => undocumented(each, schema.element as z.ZodType, `${path}/${index}`));
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, held]) => {
    const field = schema.shape[name] as z.ZodType | undefined;
    return field ? undocumented(held, field, `${path}/${name}`) : [`${path}/${name}`];
  });
}

describe('every object that differs in 2.2.1', () => {
  it.each(OBJECTS_THAT_DIFFER_IN_221)(
    '%s comes back from 2.2.1 but for what is listed as lost (TAR-21, LOC-29)',
    (object) => {
      const values = arbitraryOf(named(object), { unknownFields: true, unknownValues: true });
      fc.assert(
        fc.property(values, (value) => expectReturn(object, named(object), value)),
        { numRuns: 60 },
      );
    },
  );

  it.each(OBJECTS_THAT_DIFFER_IN_221)(
    '%s holds on the wire of 2.2.1 nothing that its tables lack (LOC-29, TAR-21, PAY-67)',
    (object) => {
      const values = arbitraryOf(named(object), { unknownFields: true, unknownValues: true });
      fc.assert(
        fc.property(values, (value) => {
          const { value: wire } = downgrade(object, '2.2.1', value);
          if (wire !== undefined) expect(strictFaults(object, wire)).toEqual([]);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(OBJECTS_THAT_DIFFER_IN_221)('%s of 2.2.1 is valid in 2.3.0, and the same when it goes back', (object) => {
    fc.assert(
      fc.property(arbitraryOf(schemaIn('2.2.1', named(object)), { unknownFields: true }), (wire) => {
        const up = upgrade(object, '2.2.1', wire);
        expect(up.losses).toEqual([]);
        const canonical = named(object).safeParse(up.value);
        expect(canonical.error?.issues ?? []).toEqual([]);
        const { value: back, losses } = downgrade(object, '2.2.1', canonical.data);
        expect(without(realigned(back, wire, losses), losses)).toEqual(without(wire, losses));
      }),
      { numRuns: 60 },
    );
  });
});

describe('every PATCH of an object that differs in 2.2.1', () => {
  const patches = Object.entries<z.ZodType>(PATCHES).filter(([object]) =>
    OBJECTS_THAT_DIFFER_IN_221.includes(object as ObjectName),
  );

  it.each(patches)(
    'of %s comes back but for what is listed as lost, and says nothing new to 2.2.1',
    (object, schema) => {
      const values = arbitraryOf(schema, { unknownFields: true, unknownValues: true });
      fc.assert(
        fc.property(values, (value) => {
          expectReturn(object as ObjectName, schema, value);
          const { value: wire } = downgrade(object as ObjectName, '2.2.1', value);
          const inVersion = schemaIn('2.2.1', schema);
          if (wire !== undefined) expect(undocumented(wire, inVersion)).toEqual([]);
          if (wire !== undefined) expect(inVersion.safeParse(wire).error?.issues ?? []).toEqual([]);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('every object with prices', () => {
  it.each(['Session', 'CDR', 'FinancialAdviceConfirmation'] as const)(
    '%s keeps all but the losses listed when 2.3.0 is spoken with the prices of 2.2.1 (PAY-24)',
    (object) => {
      const policy = { pricesOf221In230: true };
      fc.assert(
        fc.property(arbitraryOf(named(object), { unknownFields: true }), (value) => {
          const { value: wire, losses } = downgrade(object, '2.3.0', value, policy);
          const { value: back } = upgrade(object, '2.3.0', wire, policy);
          expect(named(object).safeParse(back).success).toBe(true);
          expect(without(realigned(back, value, losses), losses)).toEqual(without(value, losses));
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('every other object', () => {
  const same = (Object.keys(OBJECTS) as ObjectName[]).filter((object) => !OBJECTS_THAT_DIFFER_IN_221.includes(object));
  it.each(same)('%s is passed on as it is', (object) => {
    const [value] = fc.sample(arbitraryOf(named(object), { unknownFields: true }), { numRuns: 1, seed: 3 });
    expect(downgrade(object, '2.2.1', value)).toEqual({ value, losses: [] });
    expect(upgrade(object, '2.2.1', value)).toEqual({ value, losses: [] });
  });
});
