import { z } from 'zod';

/**
 * Building blocks of the schemas: what the "Type" and "Card." columns of OCPI's tables mean (FMT-01..24).
 * Reading is tolerant (null for absent, DateTime without zone, unknown fields and values of open enums); what passes is
 * normalised, so that code after the edge never meets those variants.
 */

/** Lengths count Unicode characters, not UTF-16 units; most texts are short enough to need no count. */
function withinCharacters(value: string, max: number): boolean {
  return value.length <= max || [...value].length <= max;
}

/** `string(max)`: case-sensitive UTF-8 (FMT-04, FMT-06). */
export function text(max: number) {
  return z
    .string()
    .refine((value) => withinCharacters(value, max), { error: `at most ${max} characters` })
    .meta({ maxLength: max });
}

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** `CiString(max)`: printable ASCII, compared without case (FMT-02, FMT-03); never empty. */
export function ciString(max: number) {
  return z
    .string()
    .max(max, { error: `at most ${max} characters` })
    .regex(PRINTABLE_ASCII, { error: 'must be printable ASCII and not empty' });
}

/** `URL`: string(255); not checked further, pictures and web pages are passed on as they came. */
export function url() {
  return text(255);
}

/** A URL that we will call. Longer ones than the 255 of the tables occur in the field and are taken (E-53). */
export const callableUrlSchema = z
  .string()
  .max(2048)
  .refine((value) => URL.canParse(value), { error: 'must be an absolute URL' })
  .meta({ format: 'uri' });

const DATE_TIME = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?(Z?)$/;

/**
 * The form we keep and send: UTC with `Z`, at most milliseconds, at most 25 characters (FMT-07, FMT-08).
 * @returns undefined when the text is no OCPI DateTime; a numeric offset is none (FMT-09).
 */
export function normaliseDateTime(value: string): string | undefined {
  const match = DATE_TIME.exec(value);
  if (!match) return undefined;
  const day = Number(match[3]);
  // Only the last days of a month need the calendar.
  if (day > 28 && day > new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate()) return undefined;
  const fraction = match[5];
  if (match[6] === 'Z' && (fraction === undefined || fraction.length <= 3)) return value;
  return fraction === undefined ? `${value}Z` : `${value.slice(0, 19)}.${fraction.slice(0, 3)}Z`;
}

/** `DateTime`: a text like `2015-06-29T20:39:09Z`; the `Z` may be missing on input, never on output. */
export const dateTimeSchema = z
  .string()
  .check((payload) => {
    const normalised = normaliseDateTime(payload.value);
    if (normalised === undefined) {
      payload.issues.push({
        code: 'custom',
        message: 'must be a DateTime in UTC like 2015-06-29T20:39:09Z',
        input: payload.value,
      });
    } else payload.value = normalised;
  })
  .meta({ format: 'date-time', maxLength: 25 });

/** `HH:MM`, local time of the Location. */
export const localTimeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a local time HH:MM' });
/** `HH:MM` where 24:00 may mark the end of a day. */
export const closingTimeSchema = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, { error: 'must be a local time HH:MM' });
/** `YYYY-MM-DD`, local date of the Location. */
export const localDateSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, { error: 'must be a local date YYYY-MM-DD' });

/** `number`: a finite JSON number (FMT-11). Arithmetic happens on `decimal(...)` of the kernel only. */
export const numberSchema = z.number();
export const intSchema = z.int();
/** ISO 3166-1 alpha-2. */
export const countryCodeSchema = z.string().regex(/^[A-Za-z]{2}$/, { error: 'must be an ISO 3166-1 alpha-2 code' });
/** OCPI party id, CiString(3). */
export const partyIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9]{1,3}$/, { error: 'must be at most three letters or digits' });
/** ISO 3166-1 alpha-3. */
export const countrySchema = z.string().regex(/^[A-Za-z]{3}$/, { error: 'must be an ISO 3166-1 alpha-3 code' });
/** ISO 4217. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code' });
/** ISO 639-1. */
export const languageSchema = z.string().regex(/^[A-Za-z]{2}$/, { error: 'must be an ISO 639-1 code' });

/** An OpenEnum: known values for the reader, any non-empty text accepted and kept (FMT-18). */
export function openEnum<const Known extends readonly [string, ...string[]]>(known: Known) {
  type Value = Known[number] | (string & {});
  const schema = ciString(255).meta({ examples: [...known], description: 'Open: other values are taken too' });
  return Object.assign(schema as unknown as z.ZodType<Value, Value>, { known });
}

/** Cardinality `?`: missing and null mean the same (FMT-13); `object()` removes the null. */
export function optional<T extends z.ZodType>(schema: T): z.ZodOptional<T> {
  return z.nullish(schema) as unknown as z.ZodOptional<T>;
}

/** Cardinality `*`: missing, null and `[]` mean the same (FMT-14); nothing is written into a document that lacked it. */
export function list<T extends z.ZodType>(element: T) {
  return optional(z.array(element));
}

/** Cardinality `+` (FMT-15). */
export function nonEmpty<T extends z.ZodType>(element: T) {
  return z.array(element).min(1, { error: 'must have at least one entry' });
}

/** An OCPI object: unknown fields survive (FMT-20), null in an optional field disappears (FMT-13). */
export function object<const Shape extends z.ZodRawShape>(shape: Shape) {
  const optionalKeys = Object.keys(shape).filter((key) => shape[key] instanceof z.ZodOptional);
  return z.looseObject(shape).overwrite((value) => {
    const fields = value as Record<string, unknown>;
    for (const key of optionalKeys) if (fields[key] === null) delete fields[key];
    return value;
  });
}

/** Fields of a PATCH: everything may be missing, null clears an optional field, `last_updated` is required (UPD). */
export type PatchShape<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: Key extends 'last_updated'
    ? Shape[Key]
    : Shape[Key] extends z.ZodOptional<infer Inner extends z.ZodType>
      ? z.ZodOptional<z.ZodNullable<Inner>>
      : Shape[Key] extends z.ZodType
        ? z.ZodOptional<Shape[Key]>
        : never;
};

/** The PATCH body for an object of this shape. */
export function patchOf<const Shape extends z.ZodRawShape>(shape: Shape) {
  const fields: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    // optional() already takes null at run time.
    fields[key] = key === 'last_updated' || schema instanceof z.ZodOptional ? schema : z.optional(schema);
  }
  return z.looseObject(fields as unknown as PatchShape<Shape>);
}
