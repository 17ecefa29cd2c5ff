import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playCharge, readPrice } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { expectSettledOnce } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** The main flow, in both versions. */
export function cardPaidCharge(platform: PlatformWishes = {}): void {
  describe('a card-paid charge', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage({ platform });
    });
    afterAll(() => stage?.close());

    it.each(['2.3.0', '2.2.1'] as const)(
      'runs from the registration to the receipt over OCPI %s, with the same amount everywhere (CMD-04, PAY-60, PAY-61, PAY-67)',
      async (ocpiVersion) => {
        const { simulator } = stage;
        const steps: string[] = [];
        const played = await playCharge(simulator, {
          ocpiVersion,
          costsSeen: 4,
          onEvent: ({ message }) => steps.push(message),
        });
        const reference = played.charge.authorizationReference;
        const { sessionPushes, cdrPosts } = await expectSettledOnce(simulator, reference);

        expect(played.version).toBe(ocpiVersion);
        expect(simulator.ptp.commandResults(reference)).toHaveLength(1);
        expect(cdrPosts).toHaveLength(1);
        const [first, ...later] = sessionPushes;
        expect(first?.method).toBe('PUT');
        expect(new Set(later.map(({ method }) => method))).toEqual(new Set(['PATCH']));
        const costs = sessionPushes.flatMap(({ body }) => readPrice(body.total_cost) ?? []);
        expect(new Set(costs.map(({ shape }) => shape))).toEqual(new Set([ocpiVersion]));
        const amounts = costs.map(({ gross }) => gross.toNumber());
        expect(amounts).toEqual(amounts.toSorted((left, right) => left - right));
        expect(new Set(amounts).size).toBeGreaterThan(3);

        const order = ['tap', 'START_SESSION', 'CommandResult START_SESSION', 'STOP_SESSION', 'POST CDR', 'capture'];
        const positions = order.map((step) => steps.indexOf(step));
        expect(positions).not.toContain(-1);
        expect(positions).toEqual(positions.toSorted((left, right) => left - right));
      },
    );
  });
}
