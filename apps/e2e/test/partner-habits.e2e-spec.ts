import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { assign, type JsonObject, objectsOf, playCharge, type Simulator, textOf } from '@voltap/simulator';
import { asObject, expectSettledOnce } from './stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from './stage/stage.js';

/** Each habit is a setting of the partner, changed while the connection is in use, against a provider that has it. */
describe('a provider with a habit of its own', () => {
  let stage: Stage;
  let simulator: Simulator;
  let partnerId: string;
  beforeAll(async () => {
    stage = await openStage({ simulator: { ptp: { takesTerminalPatch: false, confirmationPrices: 'sloppy' } } });
    simulator = stage.simulator;
    partnerId = (await registerAndCrawl(simulator, '2.3.0')).partnerId;
    await simulator.ptp.createTerminal({ terminalId: 'T-1', customerReference: 'VOLTAP-CITY' });
  });
  afterAll(() => stage?.close());

  /** Changes single settings, and leaves all other terms as they are. */
  async function set(settings: JsonObject, more: JsonObject = {}): Promise<void> {
    const partner = asObject(await simulator.operator.get(`/partners/${partnerId}`));
    const { name, profile, parties, customerReferences, versions } = partner;
    const terms = { name, profile, parties, customerReferences, versions, settings, ...more } as JsonObject;
    await simulator.operator.put(`/partners/${partnerId}`, terms);
  }
  const requests = (method: string, path: RegExp) =>
    simulator.ptp.log.requests.filter((each) => each.method === method && path.test(each.path));
  const place = () => simulator.backEnd.network.all[0] ?? fail('the network is empty');
  const fail = (message: string): never => {
    throw new Error(message);
  };

  it('PATCHes and PUTs its terminals at us, or is refused where that was not agreed', async () => {
    const { ptp } = simulator;
    await ptp.patchTerminal('T-1', { reference: 'SN-1' });
    await ptp.patchTerminal('T-1', { reference: 'SN-2' }, 'PUT');
    await waitUntil(
      async () => JSON.stringify(await simulator.operator.get(`/terminals/${partnerId}/T-1`)).includes('SN-2'),
      {
        describe: 'the terminal to be known by its new serial number',
      },
    );
    await set({ putTerminals: false, patchTerminals: false });
    await expect(ptp.patchTerminal('T-1', { reference: 'SN-3' })).rejects.toThrow('HTTP 405');
    await expect(ptp.patchTerminal('T-1', { reference: 'SN-3' }, 'PUT')).rejects.toThrow('HTTP 405');
    await set({});
    await ptp.patchTerminal('T-1', { reference: 'SN-1' });
  });

  it('takes no PATCH of terminals, and is not sent any', async () => {
    await set({ acceptsTerminalPatch: false });
    await waitUntil(
      async () => {
        const before = requests('PATCH', /terminals/).length;
        await assign(simulator, partnerId, 'T-1', { location_ids: [place().locationId], evse_uids: [] });
        return requests('PATCH', /terminals/).length === before;
      },
      { describe: 'an assignment without PATCH, once payments knows of the setting' },
    );
    expect(requests('PUT', /terminals\/T-1$/).length).toBeGreaterThan(0);
    await set({});
  });

  it('polls locations and tariffs by itself, and is not pushed any', async () => {
    const { ptp, backEnd } = simulator;
    const status = () => JSON.stringify([...ptp.store.locations.values()].find(({ id }) => id === place().locationId));
    backEnd.setStatus(place(), 'OUTOFORDER');
    backEnd.tick();
    await simulator.until('a status to be pushed', () => status().includes('OUTOFORDER'));

    await set({ pullOnly: true });
    const pushed = () => requests('PUT', /locations/).length + requests('PATCH', /locations/).length;
    const before = pushed();
    backEnd.setStatus(place(), 'BLOCKED');
    backEnd.tick();
    await waitUntil(
      async () => {
        await ptp.mirror.poll('locations');
        return status().includes('BLOCKED');
      },
      { describe: 'the status to be polled' },
    );
    expect(pushed()).toBe(before);
    await set({});
    backEnd.setStatus(place(), 'AVAILABLE');
    backEnd.tick();
    await simulator.until('a status to be pushed again', () => status().includes('AVAILABLE'));
  });

  it('needs a CDR over zero to release the card of a driver who never plugged in', async () => {
    const { ptp } = simulator;
    await ptp.mirror.crawl('tariffs');
    await ptp.mirror.crawl('locations');
    const terminal = ptp.terminal('T-1');
    simulator.misbehaviours.add({ kind: 'never-plugged-in' });
    const choice = terminal.screen().connectors.find(({ startable }) => startable) ?? fail('nothing to tap');
    const { charge } = await terminal.tap(choice);
    const cdr = await simulator.until('a CDR', () => ptp.store.state.cdrs[charge.cdrKey ?? '']);
    expect(cdr).toMatchObject({ total_energy: 0, total_cost: { before_taxes: 0 } });
    await simulator.until(
      'the card to be released',
      () => ptp.cards.hold(charge.authorizationReference)?.state !== 'HELD',
    );
  });

  it('reads the amount to reserve from the cap of a tariff in 2.2.1, and only where that was agreed', async () => {
    const { ptp } = simulator;
    await ptp.credentials.rotate('2.2.1');
    await ptp.mirror.crawl('tariffs');
    const [tariff] = [...ptp.store.tariffs.values()];
    expect(tariff?.max_price).toMatchObject({ incl_vat: expect.any(Number) });
    await set({ maxPriceAsPreauthorization: false });
    await ptp.mirror.crawl('tariffs');
    expect([...ptp.store.tariffs.values()].map(({ max_price }) => max_price)).toEqual(
      [...ptp.store.tariffs.values()].map(() => undefined),
    );
    await set({});
  });

  it('is told the VAT in prices that do not say it, where it was agreed which one that is', async () => {
    const { ptp, operator } = simulator;
    const [known] = [...ptp.store.tariffs.values()];
    const id = 'UNSTATED-VAT';
    const { country_code, party_id } = known ?? {};
    await operator.put(`/tariffs/${country_code}/${party_id}/${id}`, {
      currency: 'EUR',
      tax_included: 'YES',
      elements: [{ price_components: [{ type: 'ENERGY', price: 0.595, step_size: 1 }] }],
    });
    await ptp.mirror.crawl('tariffs');
    const unstated = () => [...ptp.store.tariffs.values()].find((tariff) => tariff.id === id);
    expect(unstated()).toBeUndefined();
    await set({ vatWhenUnstated: 19 });
    await ptp.mirror.crawl('tariffs');
    const [component] = objectsOf(objectsOf(unstated(), 'elements')[0], 'price_components');
    expect(component).toMatchObject({ price: 0.5, vat: 19 });
    await set({});
  });

  it('has no Payments module on 2.2.1, and nothing is announced or required of it there (VER-13)', async () => {
    const { ptp } = simulator;
    const modules = async () => {
      const { ownToken, versionsUrl } = ptp.store.registration;
      const headers = { authorization: `Token ${Buffer.from(ownToken).toString('base64')}` };
      const response = await fetch(versionsUrl.replace(/versions$/, '2.2.1'), { headers });
      return textOf(asObject({ all: JSON.stringify(await response.json()) }), 'all') ?? '';
    };
    expect(await modules()).toContain('/payments');
    await set({ paymentsIn221: false });
    expect(await modules()).not.toContain('/payments');
    await set({});
  });

  it('writes prices as 2.2.1 does although it speaks 2.3.0, and reads them so', async () => {
    const { ptp } = simulator;
    await ptp.credentials.rotate('2.3.0');
    await set({ pricesOf221In230: true });
    const played = await playCharge(simulator, { minutes: 2, terminalId: 'T-1' });
    expect(played.version).toBe('2.3.0');
    const cdr = asObject(ptp.store.state.cdrs[played.charge.cdrKey ?? '']);
    expect(cdr.total_cost).toMatchObject({ excl_vat: expect.any(Number), incl_vat: expect.any(Number) });
    const reference = played.charge.authorizationReference;
    await waitUntil(
      async () => asObject(await simulator.operator.get(`/reconciliation/${reference}`)).state === 'MATCHED',
      {
        describe: 'the money to agree',
      },
    );
    // To a provider that keeps to the standard this would be wrong, and nothing else was.
    expect(new Set(ptp.log.complaints.map(({ rule }) => rule))).toEqual(new Set(['CDR-20']));
  });
});

describe('a provider whose servers have habits of their own', () => {
  it('sends and wants tokens as they are, and URLs that end in a slash (TRN-06, TRN-13)', async () => {
    const stage = await openStage({ simulator: { ptp: { plainToken: true, slashNeeded: true } } });
    try {
      const { simulator } = stage;
      await registerAndCrawl(simulator, '2.2.1');
      const played = await playCharge(simulator, { minutes: 2 });
      await expectSettledOnce(simulator, played.charge.authorizationReference);
      const pushes = simulator.ptp.log.requests.filter(({ path }) => /\/(sessions|cdrs|callback)\//.test(path));
      expect(pushes.length).toBeGreaterThan(3);
      expect(pushes.filter(({ path }) => !path.endsWith('/'))).toEqual([]);
      expect(new Set(pushes.map(({ headers }) => headers.authorization))).toEqual(
        new Set([`Token ${simulator.ptp.store.registration.acceptedToken}`]),
      );
    } finally {
      await stage.close();
    }
  });
});
