import { gateway } from '@voltap/gateway';
import { processSettings, type RunningService, startService, tracesOf } from '@voltap/platform/bootstrap';
import { readConfig } from '@voltap/platform/config';
import { BUS_DATABASE, databaseOf, embeddedPlatform } from '@voltap/platform/embedded';
import { fileDestination } from './log-file.js';
import { type Runtime, type RuntimeInputs, serviceEnvironment } from './runtime.js';
import { SERVICES } from './services.js';

/** Nine Nest applications in this process, each with its own container, database and port. */
export async function startInOneProcess(
  inputs: RuntimeInputs,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Runtime> {
  const { options, directory, foundation, topology } = inputs;
  const { addresses } = topology;
  const { VOLTAP_TEST_CONSUMPTION: consumption } = readConfig(
    processSettings.pick({ VOLTAP_TEST_CONSUMPTION: true }),
    environment,
  );
  const settings = { ...environment, ...serviceEnvironment(inputs, environment) };
  const destination = fileDestination(directory.log);
  const platform = embeddedPlatform({
    databaseUrl: (service) => foundation.databaseUrl(databaseOf(service)),
    busUrl: foundation.databaseUrl(BUS_DATABASE),
    poolSize: 4,
    secrets: { caller: directory.callerSecret, sealing: directory.sealingSecret },
    addresses,
    environment: settings,
    logLevel: options.logLevel,
    logDestination: destination,
    consumption,
    traces: tracesOf(settings),
  });
  const started: RunningService[] = [];
  const stop = async () => {
    // The doors close first: what came through them is answered while the others still can.
    const [doors, rooms] = [started.filter(isGateway), started.filter((service) => !isGateway(service))];
    for (const services of [doors, rooms]) await Promise.all(services.map((service) => service.stop()));
    await platform.close();
    destination.flushSync();
  };
  const outcomes = await Promise.allSettled(
    SERVICES.map(async (definition) => {
      const url = addresses[definition.name];
      if (url === undefined) throw new Error(`no address for ${definition.name}`);
      started.push(await startService(definition, platform, { host: '127.0.0.1', port: Number(new URL(url).port) }));
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { stop };
}

function isGateway({ name }: RunningService): boolean {
  return name === gateway.name;
}
