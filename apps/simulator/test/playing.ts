import { type Simulator, type SimulatorOptions, sampleLocations, sampleTariffs, startSimulator } from '../src/index.js';
import { MinimalPlatform } from './minimal-platform.js';

export interface Playing {
  readonly platform: MinimalPlatform;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

/** A simulator beside a minimal platform that holds the sample network; fast, on free ports. */
export async function startPlaying(options: Partial<SimulatorOptions> = {}, kept?: MinimalPlatform): Promise<Playing> {
  const platform = kept ?? new MinimalPlatform();
  if (!kept) {
    platform.locations.push(...sampleLocations());
    platform.tariffs.push(...sampleTariffs());
    await platform.start();
  }
  const simulator = await startSimulator({
    gatewayUrl: platform.url,
    backOfficeUrl: platform.url,
    apiKey: 'key',
    ptpPort: 0,
    controlPort: 0,
    ...options,
    backEnd: { speed: 2_400, reportEveryMs: 50, pollSeconds: 1, ...options.backEnd },
    ptp: { confirmationRetryMs: 50, ...options.ptp },
  });
  return {
    platform,
    simulator,
    close: async () => {
      await simulator.close();
      await platform.close();
    },
  };
}
