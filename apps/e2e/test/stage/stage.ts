import {
  ensureNetwork,
  ensureRegistered,
  type OcpiVersion,
  type Simulator,
  type SimulatorOptions,
  sampleLocations,
  sampleTariffs,
  startSimulator,
} from '@voltap/simulator';
import { type PlatformWishes, type RunningPlatform, startPlatform } from './running-platform.js';

/** A platform, and the two that stand on both sides of it: payment terminal provider and charging back-end. */
export interface Stage {
  readonly platform: RunningPlatform;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

export interface StageWishes {
  readonly platform?: PlatformWishes;
  readonly simulator?: Partial<SimulatorOptions>;
  /** Whether the sample network is imported; default true. */
  readonly network?: boolean;
}

/** A fast simulator on free ports beside a platform with the sample network; nobody is registered yet. */
export async function openStage({ platform: wishes, simulator: options, network = true }: StageWishes = {}) {
  const platform = await startPlatform(wishes);
  let simulator: Simulator | undefined;
  const close = async () => {
    await simulator?.close();
    await platform.stop();
  };
  try {
    simulator = await startSimulator({
      gatewayUrl: platform.gatewayUrl,
      backOfficeUrl: platform.backOfficeUrl,
      apiKey: platform.apiKey,
      ptpPort: 0,
      controlPort: null,
      ...options,
      backEnd: { speed: 1_200, reportEveryMs: 100, pollSeconds: 2, ...options?.backEnd },
      ptp: { confirmationRetryMs: 100, ...options?.ptp },
    });
    if (network) await ensureNetwork(simulator, { locations: sampleLocations(), tariffs: sampleTariffs() });
  } catch (error) {
    await close();
    throw error;
  }
  return { platform, simulator, close } satisfies Stage;
}

/** Registers, or moves the registration to this version, and reads everything anew as a terminal provider does. */
export async function registerAndCrawl(simulator: Simulator, version: OcpiVersion) {
  const { partnerId } = await ensureRegistered(simulator, version);
  const tariffs = await simulator.ptp.mirror.crawl('tariffs');
  const locations = await simulator.ptp.mirror.crawl('locations');
  if (partnerId === null) throw new Error('the platform gave the partner no id');
  return { partnerId, tariffs, locations };
}
