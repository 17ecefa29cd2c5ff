import { type PullView, paymentsEndpoints, tokensEndpoints } from '@voltap/contracts/back-office';
import { Argument, type Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { entries, type Output, table } from '../terminal.js';

const HELP = `
Examples:
  voltap pulls list
  voltap pulls run terminals 7f3c2a51-…`;

/** What is pulled from partners, by the service that pulls it. */
const PULLED = {
  terminals: { list: paymentsEndpoints.listPulls, run: paymentsEndpoints.pull },
  tokens: { list: tokensEndpoints.listPulls, run: tokensEndpoints.pull },
} as const;
type Pulled = keyof typeof PULLED;
const KINDS = Object.keys(PULLED) as Pulled[];

/** `voltap pulls …`: the lists of partners that we fetch. */
export function addPulls(program: Command, api: BackOffice, output: Output): void {
  const pulls = program
    .command('pulls')
    .description("partners' lists of terminals, confirmations and tokens: when they were fetched, fetch them now")
    .addHelpText('after', HELP);

  pulls
    .command('list')
    .description('what became of the last pull of each partner, and when the next one comes')
    .addArgument(new Argument('[kind]', 'only these; confirmations come with terminals').choices(KINDS))
    .action(async (only: Pulled | undefined) => {
      const found: ({ kind: Pulled } & PullView)[] = [];
      for (const kind of only === undefined ? KINDS : [only]) {
        const { items } = await api.call(PULLED[kind].list, {});
        found.push(...items.map((pull) => ({ kind, ...pull })));
      }
      output.print(found, () => pullsText(found));
    });

  pulls
    .command('run')
    .description('fetch everything of one partner now')
    .addArgument(new Argument('<kind>', 'confirmations come with terminals').choices(KINDS))
    .argument('<partner>', 'its id')
    .action(async (kind: Pulled, partnerId: string) => {
      const params = { params: { partnerId } };
      const counts: Readonly<Record<string, number>> =
        kind === 'terminals' ? await api.call(PULLED.terminals.run, params) : await api.call(PULLED.tokens.run, params);
      output.print(counts, () => entries(Object.entries(counts).map(([what, count]) => [what, String(count)])));
    });
}

function pullsText(found: readonly ({ kind: Pulled } & PullView)[]): string {
  if (found.length === 0) return 'none';
  const lines = table(
    ['KIND', 'PARTNER', 'LAST', 'STATE', 'FETCHED', 'NEXT', 'NEXT FULL'],
    found.map((pull) => [
      pull.kind,
      pull.partnerId,
      pull.startedAt ?? 'never',
      `${pull.state.toLowerCase()}${pull.mode === null ? '' : `, ${pull.mode}`}`,
      Object.entries(pull.counts)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
      pull.nextAt ?? '-',
      pull.nextFullAt ?? '-',
    ]),
  );
  const notes = found.flatMap(({ kind, partnerId, problem, remarks }) =>
    [...(problem === null ? [] : [problem]), ...remarks].map((note) => `${kind} of ${partnerId}: ${note}`),
  );
  return [lines, ...notes].join('\n');
}
