import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNetwork, ensureRegistered, sampleLocations, sampleTariffs, startSimulator } from '@voltap/simulator';
import { type Call, rate, ratio } from '../load.js';
import { startMeasuredPlatform } from '../measured-platform.js';
import { asPartner, placesOf, sessionOf, startOf } from '../requests.js';
import type { Row } from '../row.js';

const ROUNDS = 5;
const CONCURRENCY = 16;
const REQUESTS = 300;
const WARM_UP = 300;
const GOAL = 0.85;

interface Side {
  readonly page: () => Call;
  readonly start: (index: number) => Call;
  readonly session: (index: number) => Call;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** The same load at two platforms that take turns: one traces as in production (all about money, a tenth of the rest), one not. */
export async function measureTelemetry(print: Row): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  const collector = fork(fileURLToPath(new URL('./collector.js', import.meta.url)));
  const sides: Side[] = [];
  try {
    const [{ url }] = (await once(collector, 'message')) as [{ url: string }];
    const traced = await openSide(join(parent, 'traced'), {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      VOLTAP_TRACE_RATIO: '0.1',
    });
    sides.push(traced);
    const plain = await openSide(join(parent, 'plain'), { OTEL_EXPORTER_OTLP_ENDPOINT: undefined });
    sides.push(plain);
    for (const [what, kind] of [
      ['GET locations, page of 50', 'page'],
      ['PUT session', 'session'],
      ['POST START_SESSION', 'start'],
    ] as const) {
      const measured = async (side: Side, count: number) => {
        const reached = await rate(count, CONCURRENCY, side[kind]);
        await side.settled();
        return reached;
      };
      // Until code is compiled, it is that which is measured.
      for (const side of sides) await measured(side, WARM_UP);
      const {
        ratio: share,
        ours,
        theirs,
      } = await ratio(
        ROUNDS,
        () => measured(traced, REQUESTS),
        () => measured(plain, REQUESTS),
      );
      const rates = `${ours.toFixed(0)} : ${theirs.toFixed(0)} /s`;
      print(`${what}, traced : not, ${rates}`, share.toFixed(2), `>= ${GOAL}`, share >= GOAL);
    }
    collector.send('how many');
    const [{ bytes }] = (await once(collector, 'message')) as [{ bytes: number }];
    print('traces that were sent', `${(bytes / 1e6).toFixed(0)} MB`, '', null);
  } finally {
    await Promise.all(sides.map((side) => side.close()));
    collector.disconnect();
    await rm(parent, { recursive: true, force: true });
  }
}

async function openSide(directory: string, settings: Readonly<Record<string, string | undefined>>): Promise<Side> {
  const platform = await startMeasuredPlatform(directory, [], { ...process.env, ...settings });
  const simulator = await startSimulator({
    gatewayUrl: platform.gatewayUrl,
    backOfficeUrl: platform.backOfficeUrl,
    apiKey: platform.apiKey,
    ptpPort: 0,
    controlPort: null,
    parts: ['ptp'],
    ptp: { requestLogLimit: 1_000 },
  });
  await ensureNetwork(simulator, { locations: sampleLocations(), tariffs: sampleTariffs() });
  await ensureRegistered(simulator, '2.3.0');
  const places = placesOf(sampleLocations() as unknown[]);
  const page: Call = {
    method: 'GET',
    url: `${platform.gatewayUrl}/ocpi/cpo/2.3.0/locations?limit=50`,
    headers: asPartner(simulator),
  };
  return {
    page: () => page,
    start: startOf(simulator, platform, places),
    session: sessionOf(platform, places),
    settled: platform.settled,
    close: async () => {
      await simulator.close();
      await platform.stop();
    },
  };
}
