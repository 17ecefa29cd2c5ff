import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, readConfig } from '../config/index.js';
import { processSettings, readEnvironment } from './environment.js';
import { prepareService } from './prepare-service.js';
import { processPlatform } from './process-platform.js';
import type { ServiceDefinition } from './service-definition.js';
import { type RunningService, startService } from './start-service.js';

const USAGE = 'the argument is serve (or none), or prepare: schema and topics, without serving';

/**
 * A process with one service in it, as its argument says: `serve` reads the environment, serves until SIGTERM or SIGINT,
 * drains, ends with 0; `prepare` makes schema and topics and ends.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  try {
    const [task = 'serve', ...rest] = process.argv.slice(2);
    if (task === 'serve' && rest.length === 0) await serve(definition);
    else if (task === 'prepare' && rest.length === 0) await prepare(definition);
    else throw new ConfigError(`Unknown argument: ${[task, ...rest].join(' ')}; ${USAGE}`);
  } catch (error) {
    const text =
      error instanceof ConfigError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`voltap ${definition.name}: ${text}\n`);
    process.exit(1);
  }
}

async function prepare(definition: ServiceDefinition): Promise<void> {
  const environment = readEnvironment();
  const platform = processPlatform(readConfig(processSettings, environment), environment);
  try {
    await prepareService(definition, platform);
  } finally {
    await platform.close();
  }
}

async function serve(definition: ServiceDefinition): Promise<void> {
  const environment = readEnvironment();
  const settings = readConfig(processSettings, environment);
  const platform = processPlatform(settings, environment);
  const service = await startService(definition, platform, { host: settings.VOLTAP_HOST, port: settings.VOLTAP_PORT });
  const stop = once(() =>
    drain(service, settings.VOLTAP_DRAIN_SECONDS)
      .then(() => service.stop())
      .then(() => platform.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`voltap ${definition.name}: ${String(error)}\n`);
          process.exit(1);
        },
      ),
  );
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  process.send?.({ ready: true, url: service.url });
}

/** Still serves whoever has not heard yet that this instance ends, and says so with each answer. */
async function drain({ readiness }: RunningService, seconds: number): Promise<void> {
  readiness.closing();
  if (seconds > 0) await delay(seconds * 1000);
}

function once(action: () => Promise<void>): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    void action();
  };
}
