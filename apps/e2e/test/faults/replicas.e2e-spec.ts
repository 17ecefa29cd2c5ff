import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playCharge } from '@voltap/simulator';
import { MOMENTS, PATIENT_DRIVER, playInterruptedCharge } from '../stage/interrupted-charge.js';
import { killUntilRestarted, processesOf } from '../stage/processes.js';
import { openStage, type Stage } from '../stage/stage.js';
import { expectNothingLostNorDoubled } from './read-evidence.js';

/** Both replicas of a pair are the victim once at each moment: whichever the charge leans on, it goes on with the other. */
const KILLS = MOMENTS.flatMap((moment) => [
  { moment, victims: ['gateway', 'commands-2'] },
  { moment, victims: ['gateway-2', 'commands'] },
]);

describe('a charge with two gateways and two commands services is served all the time', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      platform: {
        processes: true,
        replicas: { gateway: 2, commands: 2 },
        environment: PATIENT_DRIVER,
      },
    });
    await playCharge(stage.simulator, { minutes: 2 });
  });
  afterAll(() => stage?.close());

  it('by a process for each replica, which are ready and named', async () => {
    const names = Object.keys(await processesOf(stage.platform));
    expect(names).toHaveLength(11);
    expect(names).toEqual(expect.arrayContaining(['gateway', 'gateway-2', 'commands', 'commands-2']));
    const { services } = (await (await fetch(`${stage.platform.healthUrl}/ready`)).json()) as { services: object };
    expect(Object.keys(services).toSorted()).toEqual(names.toSorted());
  });

  it.each(KILLS)('when $victims are killed right after $moment', async ({ moment, victims }) => {
    await playInterruptedCharge(stage, {
      moment,
      served: true,
      interrupt: () => killUntilRestarted(stage.platform, victims),
    });
  });

  it('and every account agrees after all of them', () => expectNothingLostNorDoubled(stage));
});
