/** docs/errors.md, written from the error catalogue of the kernel. */

/** One entry of the catalogue, as libs/kernel describes it. */
export interface CatalogueEntry {
  readonly http: number;
  readonly ocpi: number;
  readonly ocpiHttp: number;
  readonly retryable: boolean;
  readonly title: string;
}

const HEAD = `# Errors

Every error that leaves Voltap has a code from this table, on the back-office API as \`code\` of an RFC 9457 problem document, towards an
OCPI partner as \`status_code\` of the envelope. The table is written from \`libs/kernel/src/errors\` by \`npm run docs\`; do not edit it here.

- **Back-office**: HTTP status on the back-office API.
- **OCPI**: status code in the envelope, and the HTTP status it travels with. A valid request to an existing resource is answered with
  HTTP 200 whatever the envelope says.
- **Again?**: whether the same request, unchanged, may succeed later. Consumers of events retry on it.

`;

export function errorPage(catalogue: Readonly<Record<string, CatalogueEntry>>): string {
  const rows = Object.entries(catalogue).map(
    ([code, { title, http, ocpi, ocpiHttp, retryable }]) =>
      `| \`${code}\` | ${title} | ${http} | ${ocpi} | ${ocpiHttp} | ${retryable ? 'yes' : 'no'} |`,
  );
  const table = [
    '| code | what happened | back-office | OCPI | with HTTP | again? |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
  return `${HEAD}${table.join('\n')}\n`;
}
