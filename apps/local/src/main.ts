import { ConfigError } from '@voltap/platform/config';
import { stackName } from './foundation.js';
import { LocalError } from './local-error.js';
import { helpText, type LocalOptions, readOptions } from './options.js';
import { type LocalPlatform, startLocalPlatform } from './platform-process.js';
import { assertPortsAreFree } from './ports.js';
import { type SimulatorProcess, startSimulator } from './simulator-process.js';
import { openDataDirectory, resetDataDirectory } from './voltap-directory.js';

const environment = process.env;
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

let platform: LocalPlatform | undefined;
let simulator: SimulatorProcess | undefined;
let ending: Promise<void> | undefined;

/** Ends the city first, then the platform; once, however often it is asked. */
function end(code: number, reason?: string): Promise<void> {
  ending ??= (async () => {
    if (reason !== undefined) process.stderr.write(`${reason}\n`);
    try {
      await simulator?.stop();
      await platform?.stop();
    } finally {
      process.exit(code);
    }
  })();
  return ending;
}

async function start(options: LocalOptions): Promise<void> {
  if (options.reset && !(await resetDataDirectory(options.directory, options.yes))) {
    say('Nothing was forgotten.');
    return;
  }
  const directory = await openDataDirectory(options.directory);
  await assertPortsAreFree(options);
  platform = await startLocalPlatform({
    options,
    directory,
    environment,
    progress: say,
    failed: (message) => void end(1, message),
  });
  say('Voltap is ready');
  say('');
  say(`  public gateway   ${options.publicUrl}/ocpi/cpo/versions`);
  say(`  back-office API  http://127.0.0.1:${options.backOfficePort}/docs`);
  say(`  API key          ${directory.apiKey}   (${directory.apiKeyFile})`);
  say(`  health           http://127.0.0.1:${options.healthPort}/ready`);
  say(`  log              ${options.processes ? directory.logs : directory.log}`);
  if (options.stack)
    say(`  data             ${stackName(environment)}; API key, secrets and the simulator in ${directory.path}`);
  say('');
  if (options.bare) {
    say('Ctrl-C ends it.');
    return;
  }
  simulator = startSimulator(options, directory, environment);
  const code = await simulator.ended;
  await end(code, code === 0 || ending !== undefined ? undefined : `The simulator ended with code ${code}.`);
}

process.on('SIGINT', () => void end(130));
process.on('SIGTERM', () => void end(143));
process.on('SIGHUP', () => void end(129));

try {
  const options = readOptions(process.argv.slice(2), environment);
  if (options.help) process.stdout.write(helpText());
  else await start(options);
} catch (error) {
  const text =
    error instanceof LocalError || error instanceof ConfigError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  await end(1, text);
}
