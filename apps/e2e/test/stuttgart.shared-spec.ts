import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type JsonObject, objectsOf, playCharge, sampleTariffs, textOf, textsOf } from '@voltap/simulator';
import { ROOT } from './stage/running-platform.js';
import { asObject, expectSettledOnce } from './stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from './stage/stage.js';

const PARTY = { country_code: 'DE', party_id: 'STR' };

describe('the network of Stuttgart', () => {
  const text = readFileSync(join(ROOT, '../shared/real/stuttgart-locations.json'), 'utf8');
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ network: false, simulator: { party: 'DE*STR' } });
  });
  afterAll(() => stage?.close());

  it('goes in unchanged, gets a tariff at every connector, and a second import changes nothing', async () => {
    const { operator, backEnd } = stage.simulator;
    const tariff: JsonObject = { ...sampleTariffs()[0], ...PARTY, id: 'CITY' };
    await operator.put('/tariffs/DE/STR/CITY', tariff);
    const url = `${stage.platform.backOfficeUrl}/api/v1/locations/import?tariff_id=CITY`;
    const post = async () => {
      const headers = { authorization: `Bearer ${stage.platform.apiKey}`, 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: text });
      return { status: response.status, summary: asObject((await response.json()) as JsonObject) };
    };
    expect(await post()).toEqual({
      status: 200,
      summary: { received: 234, created: 234, updated: 0, unchanged: 0, refused: 0, refusals: [] },
    });
    expect((await post()).summary).toMatchObject({ received: 234, created: 0, updated: 0, unchanged: 234 });
    await backEnd.network.load();
    expect(backEnd.network.all).toHaveLength(523);
  });

  it.each(['2.3.0', '2.2.1'] as const)(
    'is crawled whole over OCPI %s, each location once, shows a status change, and sells a charge',
    async (version) => {
      const { simulator } = stage;
      const { locations } = await registerAndCrawl(simulator, version);
      expect(locations).toEqual({ received: 234, repeated: [] });
      const received = [...simulator.ptp.store.locations.values()];
      const evses = received.flatMap((location) => objectsOf(location, 'evses'));
      expect(evses).toHaveLength(523);
      const connectors = evses.flatMap((evse) => objectsOf(evse, 'connectors'));
      expect(connectors.every((connector) => textsOf(connector, 'tariff_ids').join() === 'CITY')).toBe(true);
      expect(received.map((location) => textOf(location, 'id')).toSorted()).toEqual(
        (JSON.parse(text) as JsonObject[]).map(({ id }) => id).toSorted(),
      );

      const point = simulator.backEnd.network.all.find(({ status }) => status === 'AVAILABLE');
      if (!point) throw new Error('no free charger');
      simulator.backEnd.setStatus(point, 'BLOCKED');
      const path = `/locations/DE/STR/${point.locationId}/${point.evseUid}`;
      await waitUntil(
        () =>
          simulator.ptp.log.requests.some(
            (request) => request.method === 'PATCH' && request.path.endsWith(path) && request.httpStatus === 200,
          ),
        { describe: 'the push of the status' },
      );
      simulator.backEnd.setStatus(point, 'AVAILABLE');

      const { charge } = await playCharge(simulator, { minutes: 20, ocpiVersion: version });
      await expectSettledOnce(simulator, charge.authorizationReference);
    },
  );
});
