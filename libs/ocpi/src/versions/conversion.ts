/** A field whose meaning did not survive a conversion: RFC 6901 pointer into the value before it, and why. */
export interface Loss {
  readonly pointer: string;
  readonly reason: string;
}

/** The outcome of a conversion; `value` is undefined when the object cannot be expressed and must not be sent. */
export interface Converted {
  readonly value: unknown;
  readonly losses: readonly Loss[];
}

/** What two sides agreed on where the mapping between the versions is open (differences from 2.2.1, sections 7 and 8). */
export interface ConversionPolicy {
  readonly maxPriceAsPreauthorization?: boolean;
  readonly pricesOf221In230?: boolean;
  /** VAT percentage to take out of tax-included prices that state none. */
  readonly vatWhenUnstated?: number | null;
}

export type Fields = Readonly<Record<string, unknown>>;

/** What a conversion writes down while it runs. */
export interface ConversionRun {
  readonly policy: ConversionPolicy;
  lose(pointer: string, reason: string): void;
}

/** Converts one object; undefined: it cannot be expressed. Never changes its argument. */
export type Convert = (value: Fields, run: ConversionRun, pointer: string) => Fields | undefined;

export interface Conversion {
  readonly upgrade: Convert;
  readonly downgrade: Convert;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Converts one field when it is there and an object; wrong shapes are left for validation to name. */
export function convertField(
  value: Fields,
  name: string,
  convert: Convert,
  run: ConversionRun,
  pointer: string,
): Fields {
  const inner = value[name];
  if (!isFields(inner)) return value;
  const converted = convert(inner, run, `${pointer}/${name}`);
  if (converted !== undefined) return { ...value, [name]: converted };
  const { [name]: _, ...rest } = value;
  return rest;
}

/** Converts the objects of a list; what cannot be expressed is left out. */
export function convertList(
  value: Fields,
  name: string,
  convert: Convert,
  run: ConversionRun,
  pointer: string,
): Fields {
  const inner = value[name];
  if (!Array.isArray(inner)) return value;
  const converted = inner.flatMap((element: unknown, index) => {
    if (!isFields(element)) return [element];
    const result = convert(element, run, `${pointer}/${name}/${index}`);
    return result === undefined ? [] : [result];
  });
  return { ...value, [name]: converted };
}

/** Leaves a field out, and says so when it held something. */
export function dropField(value: Fields, name: string, run: ConversionRun, pointer: string): Fields {
  if (!(name in value)) return value;
  const { [name]: held, ...rest } = value;
  if (held !== null && held !== undefined) run.lose(`${pointer}/${name}`, 'not in OCPI 2.2.1');
  return rest;
}

/** Keeps of a list of enum values those that the closed enum of 2.2.1 has. */
export function keepKnown(
  value: Fields,
  name: string,
  known: ReadonlySet<unknown>,
  run: ConversionRun,
  pointer: string,
): Fields {
  const inner = value[name];
  if (!Array.isArray(inner) || inner.every((element) => known.has(element))) return value;
  inner.forEach((element, index) => {
    if (!known.has(element)) run.lose(`${pointer}/${name}/${index}`, `${String(element)} is not in OCPI 2.2.1`);
  });
  return { ...value, [name]: inner.filter((element) => known.has(element)) };
}
