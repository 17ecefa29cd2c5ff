/** Addresses of Services by their names, as files that the name server reads when they change. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesApi } from './kubernetes-api.ts';

const LOOK_EVERY_MS = 200;

export interface NameKeeper {
  stop(): Promise<void>;
}

interface Services {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly clusterIP?: string };
  }[];
}

export function keepNames(api: KubernetesApi, folder: string): NameKeeper {
  const end = new AbortController();
  let written = '';
  const kept = (async () => {
    while (!end.signal.aborted) {
      // An API that does not answer now has the same Services a moment later.
      const services = await api.get<Services>('/api/v1/services').catch(() => null);
      const text = (services?.items ?? [])
        .filter(({ spec }) => spec.clusterIP !== undefined && spec.clusterIP !== 'None')
        .map(({ metadata, spec }) => `${spec.clusterIP} ${metadata.name}.${metadata.namespace}.svc.cluster.local\n`)
        .join('');
      if (services !== null && text !== written) {
        await writeFile(join(folder, '../services.new'), text);
        await rename(join(folder, '../services.new'), join(folder, 'services'));
        written = text;
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: end.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      end.abort();
      await kept;
    },
  };
}
