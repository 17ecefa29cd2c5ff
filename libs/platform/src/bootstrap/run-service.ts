import { ConfigError, readConfig } from '../config/index.js';
import { processSettings, readEnvironment } from './environment.js';
import { processPlatform } from './process-platform.js';
import type { ServiceDefinition } from './service-definition.js';
import { startService } from './start-service.js';

/** A process with one service in it: reads the environment, serves until SIGTERM or SIGINT, drains, ends with 0. */
export async function runService(definition: ServiceDefinition): Promise<void> {
  try {
    await serve(definition);
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

async function serve(definition: ServiceDefinition): Promise<void> {
  const environment = readEnvironment();
  const settings = readConfig(processSettings, environment);
  const platform = processPlatform(settings, environment);
  const service = await startService(definition, platform, { host: settings.VOLTAP_HOST, port: settings.VOLTAP_PORT });
  const stop = once(() =>
    service
      .stop()
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

function once(action: () => Promise<void>): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    void action();
  };
}
