import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { playCharge } from '@voltap/simulator';
import { MOMENTS, PATIENT_DRIVER, playInterruptedCharge } from '../stage/interrupted-charge.js';
import { killUntilRestarted } from '../stage/processes.js';
import { openStage, type Stage } from '../stage/stage.js';
import { expectNothingLostNorDoubled } from './read-evidence.js';

/** Every service at every moment, and all of them at once at every moment: 30 kills on one platform. */
const KILLS = MOMENTS.flatMap((moment) =>
  [...SERVICE_NAMES.map((name) => ({ moment, what: name as string, victims: [name] as readonly string[] }))].concat({
    moment,
    what: 'all nine',
    victims: SERVICE_NAMES,
  }),
);

describe('a charge in nine processes loses nothing', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      platform: { processes: true, environment: PATIENT_DRIVER },
    });
    await playCharge(stage.simulator, { minutes: 2 });
  });
  afterAll(() => stage?.close());

  it.each(KILLS)('when $what is killed right after $moment', async ({ moment, victims }) => {
    await playInterruptedCharge(stage, { moment, interrupt: () => killUntilRestarted(stage.platform, victims) });
  });

  it('and every account agrees after all of them', () => expectNothingLostNorDoubled(stage));
});
