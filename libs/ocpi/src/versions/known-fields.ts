import { z } from 'zod';
import { type ConversionRun, type Fields, isFields } from './conversion.js';

/** Field names of an object, with what is known of the objects inside. */
type KnownFields = ReadonlyMap<string, KnownFields | undefined>;

const cache = new WeakMap<z.ZodType, { readonly known: KnownFields | undefined }>();

/** The documented fields of a schema; undefined where it is no object. */
function knownFieldsOf(schema: z.ZodType): KnownFields | undefined {
  const cached = cache.get(schema);
  if (cached) return cached.known;
  let known: KnownFields | undefined;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    known = knownFieldsOf(schema.unwrap() as z.ZodType);
  else if (schema instanceof z.ZodArray) known = knownFieldsOf(schema.element as z.ZodType);
  else if (schema instanceof z.ZodObject) {
    known = new Map(Object.entries(schema.shape).map(([name, field]) => [name, knownFieldsOf(field as z.ZodType)]));
  }
  cache.set(schema, { known });
  return known;
}

/**
 * A canonical value without fields that no chapter documents. 2.3.0 forbids to refuse an object for such fields; 2.2.1
 * says nothing, and many of its implementations refuse (differences from 2.2.1, section 5). Every field left out is a loss.
 */
export function documentedOnly(value: Fields, schema: z.ZodType, run: ConversionRun): Fields {
  const known = knownFieldsOf(schema);
  return known ? (keep(value, known, run, '') as Fields) : value;
}

/** Copies only what changes. */
function keep(value: unknown, known: KnownFields, run: ConversionRun, pointer: string): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((element, index) => keep(element, known, run, `${pointer}/${index}`));
    return kept.some((element, index) => element !== value[index]) ? kept : value;
  }
  if (!isFields(value)) return value;
  let changed: Record<string, unknown> | undefined;
  for (const name in value) {
    const held = value[name];
    if (!known.has(name)) {
      run.lose(`${pointer}/${name}`, 'not documented in OCPI 2.2.1');
      changed ??= { ...value };
      delete changed[name];
      continue;
    }
    const inside = known.get(name);
    if (inside === undefined || typeof held !== 'object') continue;
    const kept = keep(held, inside, run, `${pointer}/${name}`);
    if (kept === held) continue;
    changed ??= { ...value };
    changed[name] = kept;
  }
  return changed ?? value;
}
