/** Where the schemas come from: Go modules that carry them, and what we wrote ourselves of the operators that have none. */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { replaced } from '../stack/cache.ts';
import { moduleFolder } from './programs.ts';
import { writeCoreSchemas, writeCustomSchemas } from './schemas.ts';

const KUBERNETES = 'k8s.io/kubernetes@v1.37.2';

interface CustomSource {
  readonly module: string;
  readonly folder: string;
  readonly kinds: readonly string[];
}

const CUSTOM: readonly CustomSource[] = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.94.1',
    folder: 'example/prometheus-operator-crd',
    kinds: ['ServiceMonitor', 'PrometheusRule'],
  },
  {
    module: 'github.com/kedacore/keda/v2@v2.21.0',
    folder: 'config/crd/bases',
    kinds: ['ScaledObject', 'TriggerAuthentication'],
  },
  { module: 'sigs.k8s.io/gateway-api@v1.6.3', folder: 'config/crd/standard', kinds: ['HTTPRoute'] },
  {
    module: 'github.com/cloudnative-pg/cloudnative-pg@v1.30.0',
    folder: 'config/crd/bases',
    kinds: ['Cluster', 'Database'],
  },
  { module: 'github.com/argoproj/argo-cd/v3@v3.2.0', folder: 'manifests/crds', kinds: ['Application'] },
];

/** Strict for the fields that we use; see the README there. */
const OWN = join(import.meta.dirname, 'own-schemas');
/** Another list of sources is another folder. */
const EDITION = 1;

/** Folder with a schema for each kind. Made once; what we wrote ourselves is always as it is in the tree. */
export async function schemaFolder(cache: string, progress: (line: string) => void): Promise<string> {
  const version = KUBERNETES.slice(KUBERNETES.indexOf('@') + 1);
  const folder = join(cache, `schemas-${version}-${EDITION}`);
  if (!existsSync(folder)) {
    progress('Collecting the schemas of Kubernetes and of the operators, once');
    await replaced(cache, folder, async (fresh) => {
      await writeCoreSchemas(join(await moduleFolder(KUBERNETES), 'api/openapi-spec/v3'), fresh);
      for (const source of CUSTOM) {
        await writeCustomSchemas(join(await moduleFolder(source.module), source.folder), source.kinds, fresh);
      }
    });
  }
  await cp(OWN, folder, { recursive: true, filter: (path) => !path.endsWith('.md') });
  return folder;
}
