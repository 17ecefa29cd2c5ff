// Installs the dependencies when they are missing or older than package-lock.json. Only node: imports.
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LaunchFailure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { run } from './run.mjs';

const TAIL_LINES = 25;
const QUIET_PROGRESS_MILLISECONDS = 15_000;

export async function ensureInstalled(root) {
  if (reasonToInstall(root) === undefined) return;
  requireWritable(root);
  // The lock cannot live in node_modules: `npm ci` empties that folder.
  await withLock(join(root, '.voltap-install.lock'), 'another installation', async () => {
    const reason = reasonToInstall(root);
    if (reason === undefined) return;
    await install(root, reason);
    writeStamp(root);
  });
}

/** Why an installation is needed, or undefined when what is installed is what package-lock.json asks for. */
function reasonToInstall(root) {
  const modules = join(root, 'node_modules');
  if (!existsSync(modules)) return 'the dependencies are not installed yet';
  const wanted = stampOf(root);
  const stamp = readText(stampPath(root));
  if (stamp === wanted && existsSync(join(modules, 'node', 'package.json'))) return undefined;
  if (stamp !== undefined && stamp.split(' ')[0] !== wanted.split(' ')[0]) {
    return 'the dependencies were installed on another kind of machine';
  }
  // Somebody ran npm by hand: npm's own record in node_modules says whether that was enough.
  if (!npmRecordMatches(root)) {
    return stamp === undefined ? 'the dependencies are not completely installed' : 'package-lock.json has changed';
  }
  if (isWritable(modules)) writeStamp(root);
  return undefined;
}

function npmRecordMatches(root) {
  const installed = readText(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const present = JSON.parse(installed).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, link, optional, peer }]) => {
    if (path === '' || !path.includes('node_modules')) return true;
    if (present[path] === undefined) return optional === true || peer === true;
    return present[path].version === version && present[path].link === link;
  });
}

const stampPath = (root) => join(root, 'node_modules', '.voltap-installed');

function stampOf(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}`;
}

function writeStamp(root) {
  writeFileSync(stampPath(root), stampOf(root));
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(error.code)) return false;
    throw error;
  }
}

function requireWritable(root) {
  const modules = join(root, 'node_modules');
  const folder = [root, modules].find((one) => existsSync(one) && !isWritable(one));
  if (folder === undefined) return;
  throw new LaunchFailure(
    `Cannot install the dependencies: ${folder} is not writable for this user. Clone into a folder of your own, or run \`npm ci\` as the folder's owner.`,
  );
}

/** How to start npm: the one that started us, else the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /^npm-cli\.[cm]?js$/.test(basename(running)) && existsSync(running)) {
    return { file: process.execPath, first: [running], shell: false };
  }
  return { file: 'npm', first: [], shell: process.platform === 'win32' };
}

async function install(root, reason) {
  const begin = Date.now();
  const total = Object.keys(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).length;
  process.stderr.write(
    `Installing up to ${total} packages with \`npm ci\`, because ${reason}; this takes a minute or two.\n`,
  );
  const { file, first, shell } = npmCommand();
  const tail = [];
  const stopProgress = showProgress(root, begin);
  let exitCode;
  try {
    // Development packages are needed at run time (the compiler), whatever NODE_ENV says.
    exitCode = await run(
      file,
      [...first, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-progress'],
      {
        cwd: root,
        shell,
        env: { ...process.env, npm_config_loglevel: 'notice', npm_config_color: 'false' },
        onOutput: (text) => {
          tail.push(...text.split('\n').filter((line) => line.trim() !== ''));
          tail.splice(0, Math.max(0, tail.length - TAIL_LINES));
        },
      },
    );
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new LaunchFailure(
      'Cannot install the dependencies: npm is not on the PATH. Install it (it comes with Node.js, https://nodejs.org), then run this again.',
      127,
    );
  } finally {
    stopProgress();
  }
  if (exitCode > 128)
    throw new LaunchFailure('Installation interrupted; run the command again to repeat it.', exitCode);
  if (exitCode !== 0) {
    throw new LaunchFailure(
      `${tail.join('\n')}\n\n\`npm ci\` failed (exit code ${exitCode}); its last lines are above. ` +
        'Check the network, the registry (`npm config get registry`), the proxy and the free disk space, then run this again.',
    );
  }
  process.stderr.write(`Installed in ${seconds(begin)} s.\n`);
}

/** On a terminal a line that is rewritten each second, elsewhere a line every quarter of a minute. */
function showProgress(root, begin) {
  const terminal = process.stderr.isTTY === true;
  const timer = setInterval(
    () => {
      const line = `  ${installedPackages(root)} packages unpacked, ${seconds(begin)} s`;
      process.stderr.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
    },
    terminal ? 1000 : QUIET_PROGRESS_MILLISECONDS,
  );
  return () => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\u001b[K');
  };
}

function installedPackages(root) {
  const modules = join(root, 'node_modules');
  if (!existsSync(modules)) return 0;
  return readdirSync(modules).reduce((sum, name) => {
    if (name.startsWith('.')) return sum;
    return sum + (name.startsWith('@') ? entriesOf(join(modules, name)) : 1);
  }, 0);
}

/** npm moves folders while we look. */
function entriesOf(folder) {
  try {
    return readdirSync(folder).length;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 0;
    throw error;
  }
}

function seconds(begin) {
  return Math.round((Date.now() - begin) / 1000);
}
