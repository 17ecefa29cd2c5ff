/** Helm and kubeconform, built once from their Go modules, and folders of modules that carry schemas. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaced } from '../stack/cache.ts';

const run = promisify(execFile);

const HELM = 'helm.sh/helm/v4/cmd/helm@v4.3.1';
const KUBECONFORM = 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0';
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Something of the machine is missing; the message says what to install. */
export class ChartProgramError extends Error {
  override readonly name = 'ChartProgramError';
}

export interface ChartPrograms {
  readonly helm: string;
  readonly kubeconform: string;
}

/** Builds what is not in the cache: Helm takes minutes the first time. @throws ChartProgramError */
export async function chartPrograms(cache: string, progress: (line: string) => void): Promise<ChartPrograms> {
  return { helm: await built(cache, HELM, progress), kubeconform: await built(cache, KUBECONFORM, progress) };
}

async function built(cache: string, source: string, progress: (line: string) => void): Promise<string> {
  const name = /\/([a-z]+)@/.exec(source)?.[1] ?? '';
  const folder = join(cache, `${name}-${source.slice(source.lastIndexOf('@') + 1)}`);
  if (!existsSync(folder)) {
    progress(`Building ${source}, once`);
    await replaced(cache, folder, async (fresh) => {
      await go(['install', '-trimpath', '-ldflags=-s -w', source], { GOBIN: fresh, CGO_ENABLED: '0' });
    });
  }
  return join(folder, name);
}

/** Folder of a Go module, fetched when it is not there; read-only. @throws ChartProgramError */
export async function moduleFolder(module: string): Promise<string> {
  const { Dir: folder } = JSON.parse(await go(['mod', 'download', '-json', module])) as { Dir?: string };
  if (folder === undefined) throw new ChartProgramError(`The Go module ${module} cannot be had`);
  return folder;
}

async function go(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    // Outside of any module of this machine; what a module asks of Go is not to be fetched behind our back.
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', ...environment };
    const { stdout } = await run('go', parameters, { cwd: '/', env, maxBuffer: LONGEST_OUTPUT });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT') {
      throw new ChartProgramError(
        'The tests of the chart build Helm with Go (https://go.dev), 1.26 or newer, which is not on the PATH',
      );
    }
    throw new ChartProgramError(`go ${parameters.join(' ')} failed: ${stderr.trim().slice(-2000)}`, { cause: error });
  }
}
