/** Which environment variables a service reads, as the chart may set them. */
import { z } from 'zod';

/** A schema over environment variables, as libs/platform's configuration has it. */
export interface SettingsSchema {
  readonly shape: Readonly<Record<string, z.ZodType>>;
}

export interface Setting {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of what a value may be. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What the chart says by values of its own. */
const SAID_BY_THE_CHART =
  /^VOLTAP_(PLATFORM|HOST|PORT|DRAIN_SECONDS|CALLER_SECRET|SEALING_SECRET|SERVICE_ADDRESSES|PUBLIC_URL|API_KEYS|(DATABASE|POSTGRES|KAFKA|REDIS|TEST)_\w+|GATEWAY_(PUBLIC|BACK_OFFICE)_(HOST|PORT)|TRACE_RATIO)$|^OTEL_/;

/** Settings that are left to whoever installs, in order of name. */
export function settingsOf(...schemas: readonly SettingsSchema[]): Setting[] {
  return schemas
    .flatMap(({ shape }) => Object.entries(shape))
    .filter(([name]) => !SAID_BY_THE_CHART.test(name))
    .map(([name, type]) => ({ name, description: type.description ?? '', schema: valueSchema(type) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Numbers and flags may be written as such; the container gets their text. */
function valueSchema(type: z.ZodType): Record<string, unknown> {
  const {
    $schema: _schema,
    description: _told,
    default: fallback,
    ...schema
  } = z.toJSONSchema(type, {
    io: 'output',
    unrepresentable: 'any',
  });
  const rest = fallback === undefined ? {} : { default: fallback };
  if (schema.type === 'integer' || schema.type === 'string') return { ...schema, ...rest };
  const input = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
  if (Array.isArray(input.enum) && input.enum.includes('true')) return { enum: [...input.enum, true, false], ...rest };
  // An amount looks like a number, and `--set` makes a text of it.
  return { type: ['string', 'number'], ...rest };
}
