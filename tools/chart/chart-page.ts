/** The tables of charts/voltap/README.md, between their marks. */
import type { Setting } from './settings.ts';
import type { DocumentedValue } from './values-comments.ts';
import type { SettingsByOwner } from './values-schema.ts';

/** @throws Error for a value without a comment, and when a mark is missing. */
export function chartPage(page: string, values: readonly DocumentedValue[], settings: SettingsByOwner): string {
  return between(between(page, 'values', valuesTable(values)), 'settings', settingsTables(settings));
}

function valuesTable(values: readonly DocumentedValue[]): string {
  const rows = values
    .filter((one) => isLeaf(one, values))
    .map((one) => {
      const name = one.path.join('.');
      if (one.description === '') throw new Error(`values.yaml: ${name} has no comment`);
      return `| \`${name}\` | ${shown(one.value)} | ${cell(one.description)} |`;
    });
  return `| value | default | what it is |\n|---|---|---|\n${rows.join('\n')}`;
}

/** Members of an object that is one value, such as limits, are told with it. */
function isLeaf({ path, value, schema, settings }: DocumentedValue, values: readonly DocumentedValue[]): boolean {
  const inside = values.some(
    (other) =>
      other.path.length < path.length &&
      other.path.every((key, index) => path[index] === key) &&
      'additionalProperties' in other.schema,
  );
  if (inside || settings !== undefined) return !inside && path.length === 1;
  return typeof value !== 'object' || value === null || Array.isArray(value) || 'additionalProperties' in schema;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function shown(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function settingsTables(settings: SettingsByOwner): string {
  return Object.entries(settings)
    .filter(([, own]) => own.length > 0)
    .map(([owner, own]) => {
      const where =
        owner === 'all' ? '`settings`, or `services.<service>.settings` for one' : `\`services.${owner}.settings\``;
      return `${where}:\n\n| variable | default | what it is |\n|---|---|---|\n${own.map(settingRow).join('\n')}`;
    })
    .join('\n\n');
}

function settingRow({ name, description, schema }: Setting): string {
  const fallback = schema.default === undefined ? '–' : shown(schema.default);
  return `| \`${name}\` | ${fallback} | ${cell(description + limits(schema))} |`;
}

function limits({ minimum, maximum, enum: choices }: Setting['schema']): string {
  if (Array.isArray(choices)) return `: ${[...new Set(choices.map(String))].join(', ')}`;
  return minimum === undefined || maximum === undefined ? '' : `; ${String(minimum)} to ${String(maximum)}`;
}

function between(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: written by npm run docs -->`, `<!-- /${mark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`charts/voltap/README.md lacks the marks of ${mark}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
