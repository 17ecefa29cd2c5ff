/** charts/voltap/values.schema.json: a key that the chart does not know is refused, wherever it stands. */
import type { Setting } from './settings.ts';
import type { DocumentedValue } from './values-comments.ts';

export type SettingsByOwner = Readonly<Record<string, readonly Setting[]>>;
type Schema = Record<string, unknown>;

/** @throws Error for a key without a comment, and for settings of an owner that is not known. */
export function valuesSchema(values: readonly DocumentedValue[], settings: SettingsByOwner): string {
  const own = objectSchema(values, [], settings);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart voltap; written by `npm run docs` from values.yaml',
    ...own,
    // Helm hands `global` to a chart that is a part of another.
    properties: { ...own.properties, global: { type: 'object' } },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function objectSchema(values: readonly DocumentedValue[], path: readonly string[], settings: SettingsByOwner) {
  const members = values.filter((one) => one.path.length === path.length + 1 && isBelow(one.path, path));
  const properties: Schema = Object.fromEntries(
    members.map((one) => [one.path.at(-1) ?? '', memberSchema(values, one, settings)]),
  );
  return { type: 'object', additionalProperties: false, properties };
}

function memberSchema(values: readonly DocumentedValue[], one: DocumentedValue, settings: SettingsByOwner): Schema {
  const { path, value, description, schema, settings: owner, like } = one;
  const told = description === '' ? {} : { description };
  if (owner !== undefined) return { ...told, ...settingsSchema(owner, settings) };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ...told, ...typeOf(one), ...schema };
  if ('additionalProperties' in schema) return { ...told, type: 'object', ...schema };
  if (Object.keys(value).length === 0)
    throw new Error(`values.yaml: ${path.join('.')} is empty; @schema must say what fits`);
  const own = objectSchema(values, path, settings);
  if (like === undefined) return { ...told, ...own, ...schema };
  const other = objectSchema(values, like.split('.'), settings).properties;
  return { ...told, ...own, properties: { ...other, ...own.properties }, ...schema };
}

function settingsSchema(owner: string, settings: SettingsByOwner): Schema {
  const known = settings[owner];
  if (known === undefined) throw new Error(`values.yaml: @settings ${owner} names nobody`);
  const all = owner === 'all' ? known : [...(settings.all ?? []), ...known];
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(all.map(({ name, description, schema }) => [name, { description, ...schema }])),
  };
}

function typeOf({ path, value }: DocumentedValue): Schema {
  if (typeof value === 'string' || typeof value === 'boolean') return { type: typeof value };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  if (Array.isArray(value)) return { type: 'array' };
  throw new Error(`values.yaml: ${path.join('.')} has no default`);
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return above.every((key, index) => path[index] === key);
}
