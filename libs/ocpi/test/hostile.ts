import fc from 'fast-check';

/** Anything that JSON can say, with the names and values that break careless code. */
const awkward: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    1e308,
    5e-324,
    2 ** 53,
    '',
    ' ',
    '\u0000',
    '\ud800',
    [],
    {},
    [null],
    [[]],
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constant('x'.repeat(5000)),
  fc.constantFrom('__proto__', 'constructor', 'toString', '2026-02-30T00:00:00Z', '1e400', 'NaN', 'https://', '\u202e'),
);
const awkwardName = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toJSON',
  'then',
  'length',
  '',
  'a/b~c',
  '0',
);

interface Mutation {
  readonly kind: 'replace' | 'remove' | 'add' | 'wrap' | 'repeat';
  readonly at: number;
  readonly value: unknown;
  readonly name: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'add', 'wrap', 'repeat'),
  at: fc.nat({ max: 10_000 }),
  value: awkward,
  name: awkwardName,
});

/** Every place in a value: what holds it, and under which name. */
function placesIn(
  value: unknown,
  found: [Record<string, unknown>, string][] = [],
): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of Object.keys(value)) {
    found.push([value as Record<string, unknown>, name]);
    placesIn((value as Record<string, unknown>)[name], found);
  }
  return found;
}

function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, configurable: true, enumerable: true, writable: true });
}

function mutated(valid: unknown, mutations: readonly Mutation[]): unknown {
  const root = structuredClone({ body: valid }) as Record<string, unknown>;
  for (const { kind, at, value, name } of mutations) {
    const places = placesIn(root);
    const [holder, held] = places[at % places.length] ?? [root, 'body'];
    const before = holder[held];
    if (kind === 'replace') define(holder, held, value);
    else if (kind === 'wrap') define(holder, held, [before]);
    else if (kind === 'repeat' && Array.isArray(before)) define(holder, held, [...before, ...before, value]);
    else if (kind === 'remove' && holder !== root) delete holder[held];
    else if (typeof before === 'object' && before !== null && !Array.isArray(before)) define(before, name, value);
  }
  return root.body;
}

/** Texts of bodies: valid ones with a few places changed, any JSON, JSON cut short, and no JSON at all. */
export function hostileBodies(valid: unknown): fc.Arbitrary<string> {
  const changed = fc
    .array(mutation, { minLength: 1, maxLength: 4 })
    .map((mutations) => textOf(mutated(valid, mutations)));
  return fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 1, arbitrary: awkward.map(textOf) },
    { weight: 1, arbitrary: fc.tuple(changed, fc.nat({ max: 200 })).map(([text, cut]) => text.slice(0, cut)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('[', '{"a":')
        .chain((open) => fc.nat({ max: 30_000 }).map((depth) => deep(open, depth))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('1e999', '-', '"\\ud800"', '{"a":1,"a":2}', '\ufeff{}', '{"__proto__":{"status":[]}}'),
    },
  );
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

function deep(open: string, depth: number): string {
  const close = open === '[' ? ']' : '}';
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** Texts for headers, queries and path segments. */
export const hostileTexts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '..',
    '.',
    '%',
    '%00',
    '%2F',
    '//',
    '/',
    '%ZZ',
    '?',
    '#',
    ' ',
    '\t',
    '-1',
    '1e9',
    '99999999999999999999',
  ),
  fc.constantFrom('Token ', 'Bearer x', '<', '<>; rel=next', '*', 'a,b', '"', "' or 1=1 --", '{{x}}'),
  fc.constantFrom('__proto__', 'constructor', 'NL', 'PTP', 'X'.repeat(400)),
);
