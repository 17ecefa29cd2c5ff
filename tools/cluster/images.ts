/** Images without a container builder: archives as `docker save` writes them, from the tree that docker/Dockerfile copies. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LAYERS, makeProductionTree } from '../production/tree.ts';

export const IMAGE = { repository: 'localhost/voltap', tag: 'test' } as const;
export const PAUSE_IMAGE = 'localhost/pause:1';

/** What the kubelet asks a pod's first container to do: to be there, and to bury its orphans. */
const PAUSE = `#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void bury(int n) { while (waitpid(-1, 0, WNOHANG) > 0); }
static void leave(int n) { _exit(0); }
int main(void) { signal(SIGCHLD, bury); signal(SIGINT, leave); signal(SIGTERM, leave); for (;;) pause(); }
`;

interface Configuration {
  readonly user?: string;
  readonly environment?: readonly string[];
  readonly entrypoint: readonly string[];
}

/** The image of the nine: base, Node.js, packages, Voltap. @returns path of its archive */
export async function makeImage(root: string, folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  await makeProductionTree(root, tree);
  const ground = join(folder, 'ground');
  await makeGround(join(tree, 'node/usr/local/bin/node'), ground);
  const layers = [ground, ...LAYERS.map((layer) => join(tree, layer))];
  return writeArchive(join(folder, 'voltap'), `${IMAGE.repository}:${IMAGE.tag}`, layers, readDockerfile(root));
}

export async function makePauseImage(folder: string): Promise<string> {
  const content = join(folder, 'pause-content');
  await mkdir(content, { recursive: true });
  await writeFile(join(folder, 'pause.c'), PAUSE);
  execFileSync('gcc', ['-static', '-Os', '-o', join(content, 'pause'), join(folder, 'pause.c')], { stdio: 'pipe' });
  return writeArchive(join(folder, 'pause'), PAUSE_IMAGE, [content], { entrypoint: ['/pause'] });
}

/** What the Dockerfile says of how the image is run; what it copies is the tree. */
function readDockerfile(root: string): Configuration {
  const text = readFileSync(join(root, 'docker/Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? 'null') as string[];
  const environment = /^ENV (.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  return { entrypoint, environment, user: /^USER (\S+)$/m.exec(text)?.[1] };
}

/** In place of the base image: the libraries that Node.js needs, and who we are. */
async function makeGround(node: string, folder: string): Promise<void> {
  const listed = execFileSync('ldd', [node], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  for (const library of libraries) {
    const target = join(folder, library);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(library, target);
  }
  await mkdir(join(folder, 'etc'), { recursive: true });
  await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o1777 });
  await writeFile(join(folder, 'etc/passwd'), 'voltap:x:10001:10001::/:/none\n');
  await writeFile(join(folder, 'etc/group'), 'voltap:x:10001:\n');
  await writeFile(join(folder, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

async function writeArchive(
  folder: string,
  name: string,
  layers: readonly string[],
  configuration: Configuration,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const digests: string[] = [];
  const files: string[] = [];
  for (const [index, layer] of layers.entries()) {
    const file = `layer-${index}.tar`;
    const path = join(folder, file);
    execFileSync('tar', ['--owner=0', '--group=0', '--sort=name', '-C', layer, '-cf', path, '.']);
    digests.push(`sha256:${await digestOf(path)}`);
    files.push(file);
  }
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { User: configuration.user, Env: configuration.environment, Entrypoint: configuration.entrypoint },
    rootfs: { type: 'layers', diff_ids: digests },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(
    join(folder, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: files }]),
  );
  const archive = `${folder}.tar`;
  execFileSync('tar', ['-C', folder, '-cf', archive, 'manifest.json', 'config.json', ...files]);
  return archive;
}

async function digestOf(path: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(path), sum);
  return sum.digest('hex');
}
