/** Which requirements of OCPI the tests show: ids at the end of their names, `'… (TRN-07, PAG-12)'`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A test and the requirements that it names. */
export interface Showing {
  readonly file: string;
  readonly test: string;
  readonly ids: readonly string[];
}

const IDS = String.raw`[A-Z]{2,4}-\d{2}(?:, [A-Z]{2,4}-\d{2})*`;
const NAMED_TEST = new RegExp(String.raw`(['"\`])((?:\\.|(?!\1)[^\\\n])*?) \((${IDS})\)\1`, 'g');
const NOT_OURS = new Set(['node_modules', 'dist', 'fixtures', '.git', '.nx', '.voltap', 'coverage']);
/** In `test` folders, tests may lie in files that a spec only starts. */
const TEST_FILE = /(\/test\/.*\.ts|\.(spec|contract)\.ts)$/;

/** Every test under apps, libs and tools that names a requirement, in the order of the files. */
export function showings(root: string): readonly Showing[] {
  return ['apps', 'libs', 'tools']
    .flatMap((folder) => filesUnder(join(root, folder)))
    .map((file) => relative(root, file))
    .filter((file) => TEST_FILE.test(file))
    .sort()
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(NAMED_TEST)].map(([, , test = '', ids = '']) => ({
        file,
        test: test.replaceAll(/\\(.)/g, '$1'),
        ids: ids.split(', '),
      })),
    );
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

export interface Census {
  /** Tests by requirement, in the order of the ids. */
  readonly shown: ReadonlyMap<string, readonly Showing[]>;
  /** Reasons by requirement that no test shows. */
  readonly open: ReadonlyMap<string, string>;
  /** What contradicts itself, in sentences. */
  readonly faults: readonly string[];
}

/** @param reasons a reason, and the ids that it holds for, separated by blanks. */
export function census(found: readonly Showing[], reasons: readonly (readonly [string, string])[]): Census {
  const shown = new Map<string, Showing[]>();
  for (const showing of found) {
    for (const id of showing.ids) shown.set(id, [...(shown.get(id) ?? []), showing]);
  }
  const open = new Map<string, string>();
  const faults: string[] = [];
  for (const [reason, ids] of reasons) {
    for (const id of ids.split(' ')) {
      if (open.has(id)) faults.push(`${id} has two reasons in tools/conformance/open.ts`);
      if (shown.has(id))
        faults.push(`${id} is shown by ${shown.get(id)?.[0]?.file}; take it out of tools/conformance/open.ts`);
      open.set(id, reason);
    }
  }
  const sorted = <Value>(map: Map<string, Value>) => new Map([...map].sort(([left], [right]) => inOrder(left, right)));
  return { shown: sorted(shown), open: sorted(open), faults };
}

const CHAPTERS: readonly (readonly [string, string])[] = [
  ['TRN', 'Transport, TLS and authentication'],
  ['FMT', 'Data formats'],
  ['ENV', 'Envelope, HTTP status, status codes'],
  ['PAG', 'Pagination'],
  ['UPD', 'PUT and PATCH'],
  ['COO', 'Client owned objects'],
  ['RTE', 'Routing headers'],
  ['IDS', 'Request and correlation ids'],
  ['OFF', 'Pull, push, outages'],
  ['VER', 'Versions'],
  ['CRED', 'Credentials'],
  ['LOC', 'Locations'],
  ['TAR', 'Tariffs'],
  ['SES', 'Sessions'],
  ['CDR', 'CDRs'],
  ['TOK', 'Tokens'],
  ['CMD', 'Commands'],
  ['PAY', 'Payments'],
  ['HUB', 'Hub client information'],
  ['CHP', 'Charging profiles'],
  ['INV', 'Invoice reconciliation'],
  ['PRC', 'Pricing'],
];

function inOrder(left: string, right: string): number {
  const chapter = (id: string): number => CHAPTERS.findIndex(([prefix]) => id.startsWith(`${prefix}-`));
  return chapter(left) - chapter(right) || (left < right ? -1 : 1);
}

/** `[chapter, title, shown ids, open ids]`, for what there is anything of. */
export function byChapter({ shown, open }: Census): readonly (readonly [string, string, string[], string[]])[] {
  return CHAPTERS.map(([prefix, title]) => {
    const of = (ids: Iterable<string>): string[] => [...ids].filter((id) => id.startsWith(`${prefix}-`));
    return [prefix, title, of(shown.keys()), of(open.keys())] as const;
  }).filter(([, , some, others]) => some.length + others.length > 0);
}
