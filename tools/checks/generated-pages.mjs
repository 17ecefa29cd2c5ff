// The pages under docs that come from code, as `{ path, text }`. Needs what `npm run build` makes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedChartFiles } from '../chart/generated-files.mjs';
import { census, showings } from '../conformance/census.ts';
import { OPEN } from '../conformance/open.ts';
import { conformancePage } from '../conformance/page.ts';
import { DASHBOARDS, dashboardText } from '../telemetry/dashboards.ts';
import { errorPage } from './error-page.ts';
import { metricsPage } from './metrics-page.ts';

export async function generatedPages(root) {
  const { ERROR_CATALOGUE } = await import('../../libs/kernel/dist/errors/index.js');
  const { METRICS } = await import('../../libs/platform/dist/telemetry/index.js');
  const { openApiTextOf } = await import('../../libs/ocpi/dist/server/index.js');
  const { OCPI_VERSIONS } = await import('../../libs/ocpi/dist/index.js');
  const conformance = census(showings(root), OPEN);
  if (conformance.faults.length > 0) throw new Error(conformance.faults.join('\n'));
  return [
    { path: 'docs/errors.md', text: errorPage(ERROR_CATALOGUE) },
    { path: 'docs/metrics.md', text: metricsPage(METRICS) },
    { path: 'docs/conformance.md', text: conformancePage(conformance) },
    ...OCPI_VERSIONS.map((version) => ({ path: `docs/api/ocpi-${version}.json`, text: openApiTextOf(version) })),
    ...DASHBOARDS.map((dashboard) => ({
      path: `charts/voltap/files/dashboards/${dashboard.name}.json`,
      text: dashboardText(dashboard),
    })),
    ...(await generatedChartFiles(root)),
  ];
}

/** One sentence for each page that does not say what the code says. */
export async function stalePages(root) {
  const pages = await generatedPages(root);
  return pages
    .filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(({ path }) => `${path} does not say what the code says. Run \`npm run docs\`.`);
}
