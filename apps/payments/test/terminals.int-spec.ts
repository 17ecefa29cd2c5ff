import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadinessView, TerminalView } from '@voltap/contracts/back-office';
import { tariffChanged } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';
import { aLocation, aTariff, aTerminal } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { obedient, refused, success, unreachable } from './gateway-double.js';
import { type Envelope, locationEvent, type PaymentsBench, partnerEvent, paymentsBench } from './payments-bench.js';

const TERMINALS = '/ocpi/cpo/2.3.0/payments/terminals';

describe('payment terminals', () => {
  let bench: PaymentsBench;

  beforeAll(async () => {
    bench = await paymentsBench();
    await bench.platform.publish(partnerEvent(), partnerEvent({ partnerId: 'partner-2' }), locationEvent());
    await bench.postTerminal(aTerminal({ terminal_id: 'FIRST' }));
    await waitUntil(async () => (await bench.terminal('FIRST')).party !== null, {
      describe: 'the partner to be known',
    });
    await waitUntil(async () => (await assign('FIRST', { location_ids: ['L1'] })).status === 200, {
      describe: 'the location to be known',
    });
    bench.gateway.answer = () => refused;
    await waitUntil(async () => (await bench.terminal('FIRST')).assignment.state === 'REFUSED', {
      describe: 'no open duty',
    });
  });

  afterAll(() => bench?.close());

  beforeEach(() => {
    bench.gateway.calls.length = 0;
    bench.gateway.answer = () => unreachable;
  });

  function assign(id: string, places: { location_ids?: string[]; evse_uids?: string[] }, partnerId = 'partner-1') {
    return bench.operator<TerminalView & { errors?: { pointer: string }[] }>(
      'PUT',
      `/api/v1/terminals/${partnerId}/${id}/assignment`,
      places,
    );
  }

  it('are taken with nothing but their id, and in full, once however often they are told (PAY-01, PAY-02, PAY-03, PAY-07, PAY-14, ENV-08)', async () => {
    const minimal = await bench.postTerminal({ terminal_id: 'Min' });
    expect([minimal.status, minimal.body.status_code]).toEqual([201, 1000]);
    const read = await bench.partner<Envelope<Terminal>>('GET', `${TERMINALS}/MIN`);
    expect(read.body.data).toMatchObject({ terminal_id: 'Min', last_updated: expect.stringMatching(/Z$/) });
    expect((await bench.postTerminal({ terminal_id: 'MIN' })).status).toBe(200);

    const full = aTerminal({ terminal_id: 'Full', city: 'Zürich' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => bench.postTerminal(full)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await bench.partner<Envelope<Terminal>>('GET', `${TERMINALS}/Full/`)).body.data).toEqual(full);
    await waitUntil(() => bench.terminals.some(({ key }) => key === 'partner-1*FULL'), {
      describe: 'the terminal told',
    });
    expect(bench.terminals.filter(({ key }) => key === 'partner-1*FULL')).toHaveLength(1);
    expect((await bench.postTerminal({})).body.status_code).toBe(2001);
  });

  it('change by PATCH and PUT, and keep the address of their receipts', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'CHG' }));
    const { invoiceBaseUrl } = await bench.terminal('CHG');
    const patch = (body: object) => bench.partner<Envelope>('PATCH', `${TERMINALS}/chg`, body);
    expect((await patch({ city: 'Bremen', state: null, customer_reference: null })).status).toBe(200);
    const changed = await bench.terminal('CHG');
    expect(changed.terminal).toMatchObject({ city: 'Bremen', address: 'Hafenstraße 1' });
    expect(changed.terminal).not.toHaveProperty('customer_reference');
    const revisions = () =>
      bench.terminals.filter(({ key }) => key === 'partner-1*CHG').map(({ revision }) => revision);
    await patch({ city: 'Bremen', state: null });
    await bench.partner('PUT', `${TERMINALS}/CHG`, aTerminal({ terminal_id: 'CHG', city: 'Kiel' }));
    await waitUntil(() => revisions().length === 3, { describe: 'three states told' });
    expect(revisions()).toEqual([1, 2, 3]);
    expect(await bench.terminal('CHG')).toMatchObject({ invoiceBaseUrl, terminal: { city: 'Kiel' } });
    expect((await bench.partner('PATCH', `${TERMINALS}/NEVER`, { city: 'Kiel' })).status).toBe(404);
  });

  it('belong to the partner that told them, and no other sees or changes them (PAY-04, PAY-08, TRN-08)', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'OWN' }));
    expect((await bench.stranger('GET', `${TERMINALS}/OWN`)).status).toBe(404);
    expect((await bench.stranger<Envelope<Terminal[]>>('GET', TERMINALS)).body.data).toEqual([]);
    await bench.stranger('POST', TERMINALS, aTerminal({ terminal_id: 'OWN', city: 'Elsewhere' }));
    expect((await bench.terminal('OWN')).terminal.city).toBe('Hamburg');
    expect((await bench.terminal('OWN', 'partner-2')).terminal.city).toBe('Elsewhere');
    const own = await bench.partner<Envelope<Terminal[]>>('GET', `${TERMINALS}?limit=500`);
    expect(own.body.data.filter(({ terminal_id }) => terminal_id === 'OWN').map(({ city }) => city)).toEqual([
      'Hamburg',
    ]);
  });

  it('are claimed by an agreed customer reference or by their party, else nobody can assign them (PAY-09)', async () => {
    const party = async (id: string, terminal: Partial<Terminal>) => {
      await bench.postTerminal({ ...aTerminal({ terminal_id: id, customer_reference: undefined }), ...terminal });
      return (await bench.terminal(id)).party;
    };
    const ours = { country_code: 'DE', party_id: 'VLT' };
    expect(await party('CL1', { customer_reference: 'customer-1' })).toEqual(ours);
    expect(await party('CL2', ours)).toEqual(ours);
    expect(await party('CL3', { country_code: 'DE', party_id: 'XYZ', customer_reference: 'CUSTOMER-1' })).toBeNull();
    expect(await party('CL4', { customer_reference: 'SOMEBODY' })).toBeNull();
    expect(await party('CL5', {})).toBeNull();
    expect((await assign('CL4', { location_ids: ['L1'] })).status).toBe(409);
  });

  it('are assigned at the provider as complete lists, read back, and confirmed (PAY-42, PAY-44, PAY-49)', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'ASG' }));
    const partner = obedient();
    bench.gateway.answer = partner.answer;
    const { status, body } = await assign('ASG', { location_ids: ['L1'], evse_uids: ['E1'] });
    expect(status).toBe(200);
    expect(body.assignment).toMatchObject({
      state: 'CONFIRMED',
      location_ids: ['L1'],
      evse_uids: ['E1'],
      problem: null,
    });
    expect(bench.gateway.calls.map(({ endpoint }) => endpoint.split('.').at(-1))).toEqual([
      'putTerminal',
      'patchTerminal',
      'getTerminal',
    ]);
    expect(
      bench.gateway.calls.every(({ partnerId, params }) => partnerId === 'partner-1' && params?.terminal_id === 'ASG'),
    ).toBe(true);
    expect(partner.terminal).toMatchObject({
      location_ids: ['L1'],
      evse_uids: ['E1'],
      invoice_base_url: body.invoiceBaseUrl,
    });

    expect((await assign('ASG', {})).body.assignment).toMatchObject({ state: 'CONFIRMED', location_ids: [] });
    expect(partner.terminal).toMatchObject({ location_ids: [], evse_uids: [] });
    const wrongs: [Parameters<typeof assign>[1], string][] = [
      [{ location_ids: ['L1', 'L9'] }, '/location_ids/1'],
      [{ evse_uids: ['E9'] }, '/evse_uids/0'],
    ];
    for (const [places, pointer] of wrongs) {
      const wrong = await assign('ASG', places);
      expect([wrong.status, wrong.body.errors?.map((each) => each.pointer)]).toEqual([422, [pointer]]);
    }
    expect((await assign('NEVER', {})).status).toBe(404);
  });

  it('show with a reason what the provider refuses, or holds otherwise (PAY-53)', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'REF' }));
    bench.gateway.answer = () => refused;
    const first = (await assign('REF', { location_ids: ['L1'] })).body.assignment;
    expect(first).toMatchObject({ state: 'REFUSED', problem: expect.stringContaining('no such place') });
    bench.gateway.answer = ({ endpoint }) =>
      success(endpoint.endsWith('getTerminal') ? aTerminal({ location_ids: [] }) : undefined);
    const second = (await assign('REF', { location_ids: ['L1'] })).body.assignment;
    expect(second).toMatchObject({ state: 'REFUSED', problem: expect.stringContaining('holds another') });
  });

  it('stay pending while the provider cannot be reached, and are brought when it can', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'PEND' }));
    const asked = await assign('PEND', { evse_uids: ['e1'] });
    expect(asked.status).toBe(200);
    expect(asked.body.assignment).toMatchObject({ state: 'PENDING', problem: expect.stringContaining('no answer') });
    bench.gateway.answer = obedient().answer;
    await waitUntil(async () => (await bench.terminal('PEND')).assignment.state === 'CONFIRMED', {
      describe: 'the duty to be done',
    });
    const states = () =>
      bench.terminals.filter(({ key }) => key === 'partner-1*PEND').map(({ payload }) => payload.assignment);
    await waitUntil(() => states().at(-1) === 'CONFIRMED', { describe: 'the confirmation told' });
    expect(states()[0]).toBe('NONE');
  });

  it('end with the newer of two wishes, also at the provider, when the older one arrives last', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'NEW' }));
    const partner = obedient();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived = false;
    bench.gateway.answer = async (call) => {
      const places = (call.body as Partial<Terminal> | undefined)?.location_ids;
      if (places?.length === 1 && !arrived) {
        arrived = true;
        await held;
      }
      return partner.answer(call);
    };
    const older = assign('NEW', { location_ids: ['L1'] });
    await waitUntil(() => arrived, { describe: 'the older wish to be under way' });
    const newer = await assign('NEW', { evse_uids: ['E1'] });
    expect(newer.body.assignment.state).toBe('CONFIRMED');
    release();
    expect((await older).body.assignment).toMatchObject({ state: 'CONFIRMED', location_ids: [], evse_uids: ['E1'] });
    expect(partner.terminal).toMatchObject({ location_ids: [], evse_uids: ['E1'] });
  });

  it('say for each connector whether a driver could start there now, and why not', async () => {
    const readiness = async (id = 'READY', partnerId = 'partner-1') =>
      (await bench.operator<ReadinessView>('GET', `/api/v1/terminals/${partnerId}/${id}/readiness`)).body;
    const codes = ({ obstacles }: { readonly obstacles: readonly { code: string }[] }) =>
      obstacles.map(({ code }) => code);
    await bench.postTerminal(aTerminal({ terminal_id: 'READY', customer_reference: 'NOBODY' }));
    expect(await readiness()).toMatchObject({ ready: false, connectors: [] });
    expect(codes(await readiness())).toEqual([
      'partner_not_registered',
      'terminal_unclaimed',
      'nothing_assigned',
      'receipt_address_differs',
    ]);
    expect((await bench.operator('GET', '/api/v1/terminals/partner-1/NONE/readiness')).status).toBe(404);

    // Put right one after the other.
    const modules = ['locations', 'tariffs', 'sessions', 'cdrs'] as const;
    const endpoints = modules.map((identifier) => ({
      identifier,
      role: 'RECEIVER' as const,
      url: 'https://ptp.example/x',
    }));
    const registered = { status: 'REGISTERED', endpoints: endpoints.slice(1) } as const;
    await bench.platform.publish(partnerEvent(registered, 2));
    const invoice_base_url = (await bench.terminal('READY')).invoiceBaseUrl;
    await bench.postTerminal(aTerminal({ terminal_id: 'READY', customer_reference: 'CUSTOMER-1', invoice_base_url }));
    await waitUntil(async () => codes(await readiness()).join() === 'endpoint_missing,nothing_assigned', {
      describe: 'the provider to be registered',
    });
    await bench.platform.publish(partnerEvent({ ...registered, endpoints }, 3));
    const partner = obedient();
    bench.gateway.answer = partner.answer;
    await assign('READY', { location_ids: ['L1'] });
    await waitUntil(async () => codes(await readiness()).length === 0, { describe: 'no obstacle at the terminal' });
    const before = await readiness();
    expect(before.ready).toBe(false);
    expect(before.connectors.map(({ evse_uid }) => evse_uid)).toContain('E1');
    expect(before.connectors.every((connector) => codes(connector).includes('unknown_tariff'))).toBe(true);

    const { payload, ...location } = locationEvent();
    const [tariffId = ''] = aLocation().evses?.[0]?.connectors[0]?.tariff_ids ?? [];
    const tariff = aTariff({ id: tariffId, preauthorize_amount: 40 });
    await bench.platform.publish(event(tariffChanged, { key: `DE*VLT*${tariffId}`, revision: 1, payload: { tariff } }));
    await waitUntil(async () => (await readiness()).ready, { describe: 'the tariff to be known' });
    const broken = structuredClone(payload) as { location: ReturnType<typeof aLocation> };
    for (const evse of broken.location.evses ?? []) Object.assign(evse, { status: 'OUTOFORDER', capabilities: [] });
    await bench.platform.publish({ ...location, revision: 2, payload: broken });
    await waitUntil(async () => !(await readiness()).ready, { describe: 'the charger to be out of order' });
    const [connector] = (await readiness()).connectors;
    expect(connector && codes(connector)).toEqual(['not_available', 'no_remote_start']);
  });
});
