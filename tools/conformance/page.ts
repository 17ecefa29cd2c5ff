/** docs/conformance.md, written from the names of the tests and the list of what they do not show yet. */
import { byChapter, type Census } from './census.ts';

const HEAD = `# Conformance

Which requirements of OCPI 2.3.0 (edition 2 + Payments) a test shows, which not yet, and why. The ids are those of the checklist that the project works
by; a test shows a requirement when its name ends with the id, \`(TRN-07)\`. Written by \`npm run docs\` from the names of the tests and from
\`tools/conformance/open.ts\`; do not edit it here. \`npm run conformance\` prints the sums.

`;

export function conformancePage(all: Census): string {
  const chapters = byChapter(all);
  const sums = chapters.map(
    ([prefix, title, shown, open]) => `| ${prefix} | ${title} | ${shown.length} | ${open.length} |`,
  );
  const tables = chapters.map(([prefix, title, shown, open]) => {
    const rows = [
      ...shown.map(
        (id) =>
          [
            id,
            (all.shown.get(id) ?? [])
              .slice(0, 3)
              .map(({ file, test }) => `${cell(test)} (\`${file}\`)`)
              .join('<br>'),
          ] as const,
      ),
      ...open.map((id) => [id, `not shown yet: ${cell(all.open.get(id) ?? '')}`] as const),
    ].sort(([left], [right]) => (left < right ? -1 : 1));
    return [
      `## ${prefix}: ${title}`,
      '',
      '| id | shown by |',
      '|---|---|',
      ...rows.map(([id, by]) => `| ${id} | ${by} |`),
      '',
    ].join('\n');
  });
  const head = ['| | chapter | shown | not yet |', '|---|---|---|---|', ...sums];
  head.push(`| | **all** | **${all.shown.size}** | **${all.open.size}** |`, '');
  return `${HEAD}${head.join('\n')}\n${tables.join('\n')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
