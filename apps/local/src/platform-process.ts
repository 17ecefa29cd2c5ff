import { type Balancer, startBalancer } from './balancer.js';
import { embeddedFoundation, type Foundation, stackFoundation } from './foundation.js';
import { type HealthListener, startHealthListener } from './health-listener.js';
import { LocalError } from './local-error.js';
import { startInNineProcesses } from './nine-processes.js';
import { startInOneProcess } from './one-process.js';
import type { LocalOptions } from './options.js';
import type { Runtime } from './runtime.js';
import { layOut, replicaAddresses } from './topology.js';
import type { DataDirectory } from './voltap-directory.js';

export interface LocalPlatform {
  stop(): Promise<void>;
}

export interface LocalPlatformInputs {
  readonly options: LocalOptions;
  readonly directory: DataDirectory;
  readonly environment: Readonly<Record<string, string | undefined>>;
  progress(message: string): void;
  /** The platform cannot go on (its embedded database ended). */
  failed(message: string): void;
}

/** Databases, nine services, health: up and ready when it resolves; nothing is left behind when it rejects. */
export async function startLocalPlatform(inputs: LocalPlatformInputs): Promise<LocalPlatform> {
  const { options, directory, progress } = inputs;
  const foundation: Foundation = options.stack
    ? await stackFoundation(inputs.environment)
    : await embeddedFoundation(inputs);
  let runtime: Runtime | undefined;
  let health: HealthListener | undefined;
  const balancers: Balancer[] = [];
  const stop = async () => {
    await health?.close();
    await runtime?.stop();
    await Promise.all(balancers.map((balancer) => balancer.close()));
    await foundation.stop();
  };
  try {
    const topology = await layOut(options);
    const { replicas, sharedPorts } = topology;
    progress(
      options.processes ? `Starting nine services in ${replicas.length} processes …` : 'Starting nine services …',
    );
    for (const { port, replicaPorts } of sharedPorts) balancers.push(await startBalancer(port, replicaPorts));
    const runtimeInputs = { options, directory, foundation, topology };
    runtime = options.processes
      ? await startInNineProcesses(runtimeInputs, inputs.environment)
      : await startInOneProcess(runtimeInputs, inputs.environment);
    health = await startHealthListener(options.healthPort, replicaAddresses(topology));
    await untilReady(options.healthPort);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

const READY_WITHIN_MS = 60_000;

async function untilReady(healthPort: number): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${healthPort}/ready`);
    if (response.ok) return;
    if (Date.now() > end) throw new LocalError(`The services are not ready: ${await response.text()}`);
    await response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
