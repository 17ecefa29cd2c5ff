import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type Json, type JsonObject, objectsOf, sampleLocations } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject } from '../stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from '../stage/stage.js';

/** A network of locations, from the import to the partner. */
export function networkImport(platform: PlatformWishes = {}): void {
  describe('a network', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage({ platform });
    });
    afterAll(() => stage?.close());

    /** The sample network once more, under other ids. */
    function another(prefix: string): JsonObject[] {
      return sampleLocations().map((location) => ({
        ...location,
        id: `${prefix}-${location.id}`,
        evses: objectsOf(location, 'evses').map(({ evse_id: _, ...evse }) => ({
          ...evse,
          uid: `${prefix}-${evse.uid}`,
        })),
      }));
    }

    async function importLines(lines: readonly string[]): Promise<JsonObject> {
      const response = await fetch(`${stage.platform.backOfficeUrl}/api/v1/locations/import`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stage.platform.apiKey}`, 'content-type': 'application/x-ndjson' },
        body: lines.map((line) => `${line}\n`).join(''),
      });
      expect(response.status).toBe(200);
      return asObject((await response.json()) as Json);
    }

    it('goes in as an array and as lines; what OCPI cannot carry is refused by pointer, and a second time changes nothing', async () => {
      const { operator } = stage.simulator;
      const good = another('A');
      const broken = { ...good[0], id: 'BROKEN', coordinates: { latitude: 'north', longitude: '9.171917' } };
      const first = await operator.post('/locations/import', [...good.slice(0, 10), broken, ...good.slice(10)]);
      expect(first).toMatchObject({ received: 41, created: 40, updated: 0, unchanged: 0, refused: 1 });
      expect(asObject(first).refusals).toEqual([
        {
          index: 10,
          id: 'BROKEN',
          violations: [{ pointer: '/coordinates/latitude', message: expect.any(String) }],
        },
      ]);
      expect(await operator.post('/locations/import', good)).toMatchObject({ unchanged: 40, created: 0, updated: 0 });

      const lines = [...good, ...another('B')].map((location) => JSON.stringify(location));
      expect(await importLines(lines)).toMatchObject({ received: 80, created: 40, unchanged: 40, refused: 0 });
      expect(await importLines(lines)).toMatchObject({ received: 80, created: 0, updated: 0, unchanged: 80 });
    });

    it.each(['2.3.0', '2.2.1'] as const)(
      'is crawled whole by Link over OCPI %s, each location once, and its statuses are pushed as PATCH',
      async (version) => {
        const { simulator } = stage;
        const { locations, tariffs } = await registerAndCrawl(simulator, version);
        expect(locations).toEqual({ received: 120, repeated: [] });
        expect(tariffs).toEqual({ received: 2, repeated: [] });

        const point = simulator.backEnd.network.all.find(({ status }) => status === 'AVAILABLE');
        if (!point) throw new Error('no free charger');
        const seen = simulator.ptp.log.requests.length;
        simulator.backEnd.setStatus(point, 'OUTOFORDER');
        const path = `/locations/DE/VLT/${point.locationId}/${point.evseUid}`;
        const push = await waitUntil(
          () =>
            simulator.ptp.log.requests
              .slice(seen)
              .find((request) => request.path.endsWith(path) && request.httpStatus === 200),
          { describe: 'the push of the status' },
        );
        expect(push).toMatchObject({
          method: 'PATCH',
          body: { status: 'OUTOFORDER', last_updated: expect.stringMatching(/Z$/) },
        });
        expect(simulator.ptp.log.complaints).toEqual([]);
      },
    );
  });
}
