import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import type { Connector, Location, Tariff } from '@voltap/ocpi/model';
import { aLocation, aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { locationsBench } from './locations-bench.js';

interface Checked {
  readonly fit: boolean;
  readonly connectors: readonly {
    readonly evse_uid: string;
    readonly tariff_id: string | null;
    readonly findings: readonly { readonly severity: string; readonly code: string; readonly pointer: string }[];
  }[];
}

describe('the check of the connectors of a location', () => {
  let bench: Awaited<ReturnType<typeof locationsBench>>;

  beforeAll(async () => {
    bench = await locationsBench();
  });

  afterAll(() => bench?.platform.close());

  const offer = (tariff: Tariff, revision = 1) =>
    bench.platform.publish(
      event(tariffChanged, { key: `DE*VLT*${tariff.id.toUpperCase()}`, revision, payload: { tariff } }),
    );
  const checked = async (id: string) =>
    (await bench.backEnd<Checked>('GET', `/api/v1/locations/DE/VLT/${id}/check?languages=en`)).body;
  /** One EVSE for each list of tariffs. */
  async function place(id: string, ...tariffs: string[][]): Promise<void> {
    const [evse] = aLocation().evses ?? [];
    const [connector] = evse?.connectors ?? [];
    if (evse === undefined || connector === undefined) throw new Error('a location has a connector');
    const evses = tariffs.map((tariff_ids, index) => ({
      ...evse,
      uid: `E${index}`,
      evse_id: `DE*VLT*E${index}`,
      connectors: [{ ...connector, tariff_ids }],
    }));
    await bench.put(aLocation({ id, evses }));
  }

  it('shows a partner connectors that name the tariffs which it sees', async () => {
    await offer(aTariff({ id: 'FOR-ALL' }));
    const payload = { tariff: aTariff({ id: 'FOR-ONE' }), audience: ['partner-9'] };
    await bench.platform.publish(event(tariffChanged, { key: 'DE*VLT*FOR-ONE', revision: 1, payload }));
    await place('SEEN', ['for-one', 'FOR-ALL']);
    const seen = async () => {
      const path = '/ocpi/cpo/2.3.0/locations';
      const [list, one, connector] = await Promise.all([
        bench.partner<{ data: Location[] }>('GET', `${path}?limit=500`),
        bench.partner<{ data: Location }>('GET', `${path}/SEEN`),
        bench.partner<{ data: Connector }>('GET', `${path}/SEEN/E0/1`),
      ]);
      const names = (location?: Location) => location?.evses?.[0]?.connectors[0]?.tariff_ids;
      return [
        names(list.body.data.find(({ id }) => id === 'SEEN')),
        names(one.body.data),
        connector.body.data.tariff_ids,
      ];
    };
    await bench.platform.settled();
    expect(await seen()).toEqual([['FOR-ALL'], ['FOR-ALL'], ['FOR-ALL']]);
    const [stored] = (await checked('SEEN')).connectors;
    expect(stored?.findings.map(({ code }) => code)).toContain('several_tariffs_for_terminals');
  });

  it('says of each whether it has one tariff for terminals that suits them, and why not (TAR-08)', async () => {
    await offer(aTariff({ id: 'GOOD', tax_included: 'YES' }));
    await offer(aTariff({ id: 'ALSO', tax_included: 'YES' }));
    await offer(aTariff({ id: 'BARE', tax_included: 'YES', preauthorize_amount: undefined }));
    await place('CHECKED', ['GOOD'], ['GOOD', 'ALSO'], ['BARE'], ['NONE'], []);
    await bench.platform.settled();
    const { fit, connectors } = await checked('CHECKED');
    expect(fit).toBe(false);
    expect(
      connectors.map(({ evse_uid, tariff_id, findings }) => [
        evse_uid,
        tariff_id,
        findings.filter(({ severity }) => severity === 'error').map(({ code, pointer }) => `${code} ${pointer}`),
      ]),
    ).toEqual([
      ['E0', 'GOOD', []],
      ['E1', null, ['several_tariffs_for_terminals /evses/1/connectors/0/tariff_ids']],
      ['E2', 'BARE', ['no_amount_to_reserve /preauthorize_amount']],
      [
        'E3',
        null,
        [
          'unknown_tariff /evses/3/connectors/0/tariff_ids/0',
          'no_tariff_for_terminals /evses/3/connectors/0/tariff_ids',
        ],
      ],
      ['E4', null, ['no_tariff_for_terminals /evses/4/connectors/0/tariff_ids']],
    ]);
  });

  it('knows that a tariff is offered no more', async () => {
    await offer(aTariff({ id: 'GOING', tax_included: 'YES' }));
    await place('LEFT', ['GOING']);
    await waitUntil(async () => (await checked('LEFT')).fit, { describe: 'the tariff to be known' });
    const payload = { country_code: 'DE', party_id: 'VLT', id: 'GOING', deletedAt: '2026-03-02T10:00:00.000Z' };
    await bench.platform.publish(event(tariffDeleted, { key: 'DE*VLT*GOING', revision: 2, payload }));
    await waitUntil(async () => !(await checked('LEFT')).fit, { describe: 'the tariff to be gone' });
  });
});
