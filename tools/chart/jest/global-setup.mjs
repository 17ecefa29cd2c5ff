import { join } from 'node:path';
import { chartPrograms } from '../programs.ts';
import { schemaFolder } from '../schema-sources.ts';

/** What the suites run, for all workers: they inherit the environment. */
export default async function offerPrograms({ rootDir }) {
  const cache = join(rootDir, 'node_modules/.cache/voltap/chart');
  const say = (line) => process.stderr.write(`${line}\n`);
  const { helm, kubeconform } = await chartPrograms(cache, say);
  process.env.VOLTAP_TEST_HELM = helm;
  process.env.VOLTAP_TEST_KUBECONFORM = kubeconform;
  process.env.VOLTAP_TEST_SCHEMAS = await schemaFolder(cache, say);
}
