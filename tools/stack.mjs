// `npm run stack`: the parts that production has, on this machine, until somebody ends them. Three lines on stdout, the
// rest on stderr, so that a program can read the addresses.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { StackError, startStack } from './stack/index.ts';

const HELP = `npm run stack [-- options] [-- -- command ...]

Starts a real Kafka, a real Redis and a real PostgreSQL on free ports of 127.0.0.1 and prints, once all of them serve,
the environment to use:

  VOLTAP_KAFKA_BROKERS=...
  VOLTAP_REDIS_URL=...
  VOLTAP_POSTGRES_URL=...

Everything else goes to stderr. (\`npm run --silent stack\` keeps npm's own lines off stdout.)

With a command, runs it in that environment, and ends with it and with its exit code:

  npm run stack -- -- npm run test:stack

Ctrl-C, or the end of the parent process, ends everything; what was stored goes with it. Needs Java 17 or newer, Maven
(for the first start only, which fetches Kafka from Maven Central) and Redis:

  apt-get install -y openjdk-17-jre-headless maven redis-server

  --cache FOLDER   where Kafka and the templates are kept between starts (default: node_modules/.cache/voltap/stack)
  --persistent     what is in Redis survives when Redis is killed and started again
  --help           this
`;
const PARENT_WATCH_MILLISECONDS = 500;
/** How long a command may take to end once it was asked to. */
const COMMAND_PATIENCE_MILLISECONDS = 10_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const fromTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);

const say = (line) => process.stderr.write(`${line}\n`);

/** Who reads us may go away (`| head -3`); the parts shall not be left behind for that. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** The command line, or undefined after telling what is wrong with it. */
function readCommandLine() {
  const all = process.argv.slice(2);
  const end = all.indexOf('--');
  const [own, command] = end < 0 ? [all, []] : [all.slice(0, end), all.slice(end + 1)];
  try {
    const { values } = parseArgs({
      args: own,
      options: { help: { type: 'boolean' }, cache: { type: 'string' }, persistent: { type: 'boolean' } },
    });
    return { ...values, command };
  } catch (error) {
    say(`${error.message} \`npm run stack -- --help\` lists the options.`);
    return undefined;
  }
}

/** Resolves, when the stack shall end, with why; may resolve before it has begun. */
function reasonToEnd() {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve({ signal }));
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve({ signal: 'SIGTERM' });
    }, PARENT_WATCH_MILLISECONDS).unref();
  });
}

/** Runs the command until it ends, or until it shall. @returns its exit code, 128 + number for a signal. */
async function runCommand([program, ...parameters], environment, ending) {
  const child = spawn(program, parameters, { stdio: 'inherit', env: { ...process.env, ...environment } });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${program} cannot be started (${error.code}).`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  void ending.then(({ signal }) => {
    // A terminal sends Ctrl-C to the command itself; a second one would cut its orderly end short.
    if (!(fromTerminal && signal === 'SIGINT')) child.kill(signal);
    setTimeout(() => child.kill('SIGKILL'), COMMAND_PATIENCE_MILLISECONDS).unref();
  });
  return ended;
}

async function main() {
  const wishes = readCommandLine();
  if (wishes === undefined) return 2;
  if (wishes.help) {
    process.stdout.write(HELP);
    return 0;
  }
  let fail;
  const failure = new Promise((resolve) => {
    fail = resolve;
  });
  const asked = reasonToEnd();
  let started = false;
  // While it is starting there is nothing to be kept in order: leaving kills what there is and removes the folder.
  void asked.then(({ signal }) => {
    if (!started) process.exit(128 + constants.signals[signal]);
  });
  const stack = await startStack({
    progress: say,
    onUnexpectedExit: fail,
    ...(wishes.cache === undefined ? {} : { cache: wishes.cache }),
    ...(wishes.persistent === undefined ? {} : { persistent: wishes.persistent }),
  });
  started = true;
  const ending = Promise.race([asked, failure.then((line) => ({ signal: 'SIGTERM', line }))]);
  try {
    if (wishes.command.length > 0) {
      void failure.then(say);
      return await runCommand(wishes.command, stack.environment, ending);
    }
    for (const [name, value] of Object.entries(stack.environment)) process.stdout.write(`${name}=${value}\n`);
    say(`Logs are in ${stack.directory}. Ctrl-C ends everything.`);
    const { line } = await ending;
    if (line !== undefined) say(line);
    return line === undefined ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
