// Runs one child in our own process group and ends with it. Only node: imports.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PARENT_WATCH_MILLISECONDS = 250;

/**
 * Starts a program and waits for it. Output goes to ours, or to `onOutput`.
 * @returns its exit code; 128 + number when a signal ended it, as a shell says it.
 * @throws the error of `spawn` when it cannot be started.
 */
export function run(file, parameters, { cwd, env = process.env, shell = false, onOutput = undefined } = {}) {
  const stdio = onOutput === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'];
  const child = spawn(file, parameters, { cwd, env, shell, stdio });
  if (onOutput !== undefined) {
    child.stdout.setEncoding('utf8').on('data', onOutput);
    child.stderr.setEncoding('utf8').on('data', onOutput);
  }
  // Ctrl-C in a terminal reaches the child without us: the terminal sends it to the whole process group. A second one
  // from here would be taken for impatience and cut its orderly end short. We only stay alive to report its exit code.
  const fromTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    let passedOn = false;
    const handler = () => {
      if (passedOn || (fromTerminal && signal === 'SIGINT')) return;
      passedOn = true;
      child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  const stopWatching = whenParentDies(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    const settle = (finish) => {
      stopWatching();
      for (const [signal, handler] of handlers) process.off(signal, handler);
      finish();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('close', (code, signal) => settle(() => resolve(code ?? 128 + constants.signals[signal])));
  });
}

/**
 * npm starts scripts through a shell, and passes SIGTERM to that shell; some shells then die without telling us.
 * Being handed to another parent is how we learn of it. Without npm nobody promised to outlive us.
 * @returns what stops the watch.
 */
function whenParentDies(act) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, PARENT_WATCH_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}
