/** Reads charts/voltap/values.yaml with its comments: what every key is for, and what its default does not say. */
import { parse } from 'yaml';

export interface DocumentedValue {
  readonly path: readonly string[];
  /** The comment above the key, as one line. */
  readonly description: string;
  readonly value: unknown;
  /** What `@schema` adds to the schema that follows from the default. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** `@settings gateway`: the variables of that service; `all`: those that every service has. */
  readonly settings?: string;
  /** `@like defaults`: takes every key of that one too. */
  readonly like?: string;
}

const KEY = /^( *)([A-Za-z][\w.-]*):/;
const COMMENT = /^( *)# ?(.*)$/;

/** @throws Error naming the line where a comment cannot be read. */
export function documentedValues(text: string): DocumentedValue[] {
  const values: unknown = parse(text);
  const found: DocumentedValue[] = [];
  const path: { readonly indent: number; readonly key: string }[] = [];
  let comment: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const told = COMMENT.exec(line);
    const named = KEY.exec(line);
    if (told !== null) comment.push(told[2] ?? '');
    if (named === null) {
      if (told === null) comment = [];
      continue;
    }
    const indent = named[1]?.length ?? 0;
    while ((path.at(-1)?.indent ?? -1) >= indent) path.pop();
    path.push({ indent, key: named[2] ?? '' });
    const keys = path.map(({ key }) => key);
    found.push(documented(keys, valueAt(values, keys), comment, index + 1));
    comment = [];
  }
  return found.filter(({ value }) => value !== undefined);
}

function documented(
  path: readonly string[],
  value: unknown,
  comment: readonly string[],
  line: number,
): DocumentedValue {
  const tags = new Map<string, string>();
  const words: string[] = [];
  for (const text of comment) {
    const tag = /^@(\w+) (.*)$/.exec(text);
    if (tag === null) words.push(text.trim());
    else tags.set(tag[1] ?? '', tag[2] ?? '');
  }
  const strange = [...tags.keys()].find((tag) => !['schema', 'settings', 'like'].includes(tag));
  if (strange !== undefined) throw new Error(`values.yaml:${line}: @${strange} is not known`);
  return {
    path,
    value,
    description: words.join(' '),
    schema: jsonObject(tags.get('schema'), line),
    settings: tags.get('settings'),
    like: tags.get('like'),
  };
}

function jsonObject(text: string | undefined, line: number): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`values.yaml:${line}: what follows @schema is no JSON`, { cause });
  }
}

/** Undefined inside lists, which are one value. */
function valueAt(values: unknown, path: readonly string[]): unknown {
  let value = values;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
