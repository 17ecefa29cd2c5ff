// Compiles every workspace's src to dist. Only what changed is compiled again; `--force` compiles all.
// Runs on Node >= 20 and loads the compiler only when something is stale, so that a no-op costs a few milliseconds.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './launcher/lock.mjs';

/** Sources that only tests load. */
const TEST_SOURCE = /\.(spec|int-spec|e2e-spec|shared-spec|stack-spec|contract)\.ts$/;
const TYPESCRIPT = /\.ts$/;
const DECLARATION = /\.d\.ts$/;
/** Not copied beside the compiled code. */
const NOT_AN_ASSET = /(\.md|\.tsx|\.snap)$/;
/** What dist was made from; travels with dist, so that a restored dist is known to be fresh. */
const MANIFEST = '.build.json';

/**
 * Builds all workspaces, or those whose folder is named in `only` (`libs/kernel`).
 * @returns counts of compiled, copied and removed files, and the errors as `file:line:column message`.
 */
export async function build(root, { force = false, only = undefined } = {}) {
  const result = { compiled: 0, copied: 0, removed: 0, errors: [] };
  const stalePlans = () =>
    workspaces(root)
      .filter((folder) => only === undefined || only.includes(folder))
      .map((folder) => plan(root, folder, toolchain, force))
      .filter((one) => one.stale.length > 0 || one.orphans.length > 0 || one.touched);
  const toolchain = hash(
    ['.swcrc.json', 'tools/build.mjs', 'node_modules/@swc/core/package.json'].map((name) =>
      readFileSync(join(root, name)),
    ),
  );
  if (stalePlans().length === 0) return result;
  await withLock(join(root, 'node_modules', '.voltap-build.lock'), 'another build', async () => {
    const options = compilerOptions(root);
    // Looked at again, since another build may have done the work while we waited.
    for (const one of await Promise.all(stalePlans().map((workspace) => execute(workspace, options)))) {
      result.compiled += one.compiled;
      result.copied += one.copied;
      result.removed += one.removed;
      result.errors.push(...one.errors);
    }
  });
  result.errors.sort();
  return result;
}

/** Folders of the workspaces that have sources, `apps/gateway`. */
export function workspaces(root) {
  return ['libs', 'apps'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .filter(
            (name) => existsSync(join(root, group, name, 'package.json')) && existsSync(join(root, group, name, 'src')),
          )
          .map((name) => `${group}/${name}`)
      : [],
  );
}

function plan(root, folder, toolchain, force) {
  const source = join(root, folder, 'src');
  const target = join(root, folder, 'dist');
  const manifestPath = join(target, MANIFEST);
  const previous = readManifest(manifestPath);
  const known = !force && previous?.toolchain === toolchain ? previous.files : {};
  const outputs = new Set(existsSync(target) ? filesUnder(target) : []);
  const files = {};
  const stale = [];
  let touched = false;
  for (const name of filesUnder(source)) {
    const kind = kindOf(name);
    if (kind === undefined) continue;
    const path = join(source, name);
    const output = kind === 'compile' ? name.replace(TYPESCRIPT, '.js') : name;
    const { mtimeMs, size } = statSync(path);
    const before = known[name];
    const fresh = before !== undefined && outputs.has(output);
    if (fresh && before.mtimeMs === mtimeMs && before.size === size) {
      files[name] = before;
      continue;
    }
    const entry = { mtimeMs, size, hash: hash([readFileSync(path)]) };
    if (fresh && before.hash === entry.hash) {
      files[name] = entry;
      touched = true;
      continue;
    }
    stale.push({ name, path, output, kind, entry });
  }
  const expected = new Set([MANIFEST, ...Object.keys(files), ...stale.map((one) => one.name)].map(outputName));
  const orphans = [...outputs].filter((name) => !expected.has(name));
  return { root, folder, source, target, manifestPath, toolchain, files, stale, orphans, touched };
}

function kindOf(name) {
  if (TEST_SOURCE.test(name) || DECLARATION.test(name) || NOT_AN_ASSET.test(name)) return undefined;
  return TYPESCRIPT.test(name) ? 'compile' : 'copy';
}

function outputName(name) {
  return kindOf(name) === 'compile' ? name.replace(TYPESCRIPT, '.js') : name;
}

async function execute(workspace, options) {
  const { root, target, files, stale, orphans } = workspace;
  const result = { compiled: 0, copied: 0, removed: 0, errors: [] };
  await Promise.all(orphans.map((name) => rm(join(target, name), { force: true })));
  for (const name of orphans) await removeEmptyFolders(target, dirname(name));
  result.removed = orphans.length;
  const { transform } = stale.some((one) => one.kind === 'compile') ? await import('@swc/core') : {};
  await Promise.all(
    stale.map(async ({ name, path, output, kind, entry }) => {
      const destination = join(target, output);
      await mkdir(dirname(destination), { recursive: true });
      if (kind === 'copy') {
        await replaceFile(destination, (temporary) => copyFile(path, temporary));
        result.copied++;
      } else {
        let compiled;
        try {
          compiled = await transform(await readFile(path, 'utf8'), {
            ...options,
            filename: path,
            sourceFileName: relative(dirname(destination), path).split(sep).join('/'),
          });
        } catch (error) {
          result.errors.push(describe(root, path, error));
          await rm(destination, { force: true });
          return;
        }
        const mode = compiled.code.startsWith('#!') ? 0o777 : 0o666;
        await replaceFile(destination, (temporary) => writeFile(temporary, compiled.code, { mode }));
        result.compiled++;
      }
      files[name] = entry;
    }),
  );
  await mkdir(target, { recursive: true });
  const manifest = JSON.stringify({ toolchain: workspace.toolchain, files });
  await replaceFile(workspace.manifestPath, (temporary) => writeFile(temporary, manifest));
  return result;
}

function compilerOptions(root) {
  const { $schema: _schema, ...options } = JSON.parse(readFileSync(join(root, '.swcrc.json'), 'utf8'));
  return { ...options, swcrc: false, configFile: false };
}

/** `apps/x/src/a.ts:12:5 Expected ';'`, from the compiler's drawing of the place. */
function describe(root, path, error) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the compiler colours its drawing
  const text = (error instanceof Error ? error.message : String(error)).replace(/\u001b\[[0-9;]*m/g, '');
  const line = /\[[^\]]*?:(\d+):\d+\]/.exec(text)?.[1];
  const message = /^\s*[x×]\s+(.+)$/m.exec(text)?.[1] ?? text.trim().split('\n')[0];
  const file = relative(root, path).split(sep).join('/');
  return line === undefined ? `${file} ${message}` : `${file}:${line}:${columnOf(text, line)} ${message}`;
}

/** The compiler names the line in its heading; the column only by what it draws below that line. */
function columnOf(drawing, line) {
  const rows = drawing.split('\n');
  const row = rows.findIndex((text) => new RegExp(`^\\s*${line} [|│]`).test(text));
  const mark = rows[row + 1]?.search(/[\^─┬]/) ?? -1;
  return mark < 0 ? 1 : mark - rows[row].search(/[|│]/) - 1;
}

/** Written beside and renamed, so that a process that starts meanwhile never reads half a file. */
async function replaceFile(destination, write) {
  const temporary = `${destination}.${process.pid}.tmp`;
  await write(temporary);
  await rename(temporary, destination);
}

async function removeEmptyFolders(target, folder) {
  for (let current = folder; current !== '.'; current = dirname(current)) {
    try {
      await rmdir(join(target, current));
    } catch (error) {
      if (error.code === 'ENOTEMPTY' || error.code === 'ENOENT') return;
      throw error;
    }
  }
}

function readManifest(path) {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // Cut off by a crash: compile again.
    throw error;
  }
}

/** Paths below a folder, with `/`, sorted. */
function filesUnder(folder, prefix = '') {
  const names = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) names.push(...filesUnder(join(folder, entry.name), `${prefix}${entry.name}/`));
    else names.push(`${prefix}${entry.name}`);
  }
  return names.sort();
}

function hash(contents) {
  const sum = createHash('sha256');
  for (const content of contents) sum.update(content);
  return sum.digest('hex');
}

/** Builds and says in one line on `output` what was done; errors one a line on stderr. @returns whether it went well. */
export async function buildAndReport(root, options = {}, output = process.stdout) {
  const begin = performance.now();
  const { compiled, copied, removed, errors } = await build(root, options);
  for (const error of errors) process.stderr.write(`${error}\n`);
  if (errors.length > 0) {
    process.stderr.write(`The build failed: ${errors.length} file(s) cannot be compiled.\n`);
    return false;
  }
  if (compiled + copied + removed > 0) {
    const parts = [`${compiled} compiled`];
    if (copied > 0) parts.push(`${copied} copied`);
    if (removed > 0) parts.push(`${removed} removed`);
    output.write(`Built in ${((performance.now() - begin) / 1000).toFixed(1)} s: ${parts.join(', ')}\n`);
  } else if (options.announceFresh) {
    output.write('Everything is built already.\n');
  }
  return true;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const only = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  const succeeded = await buildAndReport(join(dirname(fileURLToPath(import.meta.url)), '..'), {
    force: process.argv.includes('--force'),
    only: only.length > 0 ? only : undefined,
    announceFresh: true,
  });
  process.exitCode = succeeded ? 0 : 1;
}
