import { describe, it } from '@jest/globals';
import { playCharge } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { expectSettledOnce } from '../stage/settled-charge.js';
import { openStage } from '../stage/stage.js';

/** The main flow while every consumer is disturbed. */
export function disturbedConsumption(platform: PlatformWishes = {}): void {
  describe('a card-paid charge in both versions', () => {
    it.each([
      ['every event is delivered twice', { deliverTwice: true }],
      ['every first handling fails after its effect', { failFirst: true }],
      ['the order across keys and topics is permuted', { permuteSeed: 20_260_101 }],
    ])('comes to the same end when %s', async (_name, consumption) => {
      const environment = { ...platform.environment, VOLTAP_TEST_CONSUMPTION: JSON.stringify(consumption) };
      const stage = await openStage({ platform: { ...platform, environment } });
      try {
        for (const ocpiVersion of ['2.3.0', '2.2.1'] as const) {
          const played = await playCharge(stage.simulator, { ocpiVersion });
          await expectSettledOnce(stage.simulator, played.charge.authorizationReference);
        }
      } finally {
        await stage.close();
      }
    });
  });
}
