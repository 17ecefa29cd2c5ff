import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ActivationView, ReadinessView, TerminalView } from '@voltap/contracts/back-office';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';
import type { Terminal } from '@voltap/ocpi/model';
import { aTerminal } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { missing, refused, success, unreachable } from './gateway-double.js';
import { locationEvent, OFFERS_PAYMENTS, type PaymentsBench, partnerEvent, paymentsBench } from './payments-bench.js';

type Refusable = { readonly detail?: string; readonly code?: string; readonly errors?: { pointer: string }[] };

describe('terminals that are built into stations', () => {
  let bench: PaymentsBench;

  beforeAll(async () => {
    bench = await paymentsBench();
    await bench.platform.publish(
      partnerEvent({ status: 'REGISTERED', ...OFFERS_PAYMENTS }),
      partnerEvent({ partnerId: 'partner-2', status: 'REGISTERED', version: '2.2.1' }),
      partnerEvent({ partnerId: 'partner-3', status: 'SUSPENDED', ...OFFERS_PAYMENTS }),
      partnerEvent({
        partnerId: 'partner-4',
        status: 'REGISTERED',
        customerReferences: ['A', 'B'],
        ...OFFERS_PAYMENTS,
      }),
      locationEvent(),
    );
    bench.gateway.answer = () => refused;
    await waitUntil(async () => (await activate('WARM', { location_ids: ['L1'] })).status === 200, {
      describe: 'partner and location to be known',
    });
    await waitUntil(async () => (await activate('WARM', {}, 'partner-4')).status === 422, { describe: 'all partners' });
  });

  afterAll(() => bench?.close());

  beforeEach(() => {
    bench.gateway.calls.length = 0;
    bench.gateway.answer = () => unreachable;
  });

  function activate(reference: string, wish: object, partnerId = 'partner-1') {
    return bench.operator<ActivationView & Refusable>(
      'PUT',
      `/api/v1/terminal-activations/${partnerId}/${reference}`,
      wish,
    );
  }

  function deactivate(id: string) {
    return bench.operator<TerminalView & Refusable>('POST', `/api/v1/terminals/partner-1/${id}/deactivate`, {});
  }

  const activation = async (reference: string) =>
    (await bench.operator<ActivationView>('GET', `/api/v1/terminal-activations/partner-1/${reference}`)).body;

  const called = () => bench.gateway.calls.map(({ endpoint }) => endpoint.split('.').at(-1));

  /** A provider that sets up what is ordered, and holds it. */
  function provider(id: string) {
    const held: { terminal: Terminal | null } = { terminal: null };
    return {
      held,
      answer: ({ endpoint, body }: EgressRequest): EgressResult => {
        if (endpoint.endsWith('.activateTerminal')) {
          held.terminal = { ...(body as Terminal), terminal_id: id };
          return success();
        }
        if (endpoint.endsWith('.deactivateTerminal')) held.terminal = null;
        else if (endpoint.endsWith('.getTerminal')) {
          return held.terminal === null ? missing : success(held.terminal);
        } else held.terminal = { ...(held.terminal ?? aTerminal()), ...(body as Partial<Terminal>) };
        return success();
      },
    };
  }

  it('are ordered by their reference with what is known, and serve their places when the provider tells of them (PAY-12, PAY-46, PAY-47)', async () => {
    const { held, answer } = provider('NEW-1');
    bench.gateway.answer = answer;
    const asked = await activate('ser-1', { location_ids: ['L1'], evse_uids: ['E1'] });
    expect(asked.body).toMatchObject({ state: 'ACCEPTED', terminalId: null, problem: null });
    expect(called()).toEqual(['activateTerminal']);
    expect(held.terminal).toMatchObject({
      reference: 'ser-1',
      location_ids: ['L1'],
      evse_uids: ['E1'],
      customer_reference: 'CUSTOMER-1',
      country_code: 'DE',
      party_id: 'VLT',
      address: expect.any(String),
      invoice_creator: 'CPO',
      last_updated: expect.any(String),
    });
    expect(bench.gateway.calls[0]?.body).not.toHaveProperty('terminal_id');

    await bench.postTerminal({ ...(held.terminal as Terminal), reference: 'SER-1' });
    expect(await activation('SER-1')).toMatchObject({ state: 'CONFIRMED', terminalId: 'NEW-1' });
    const terminal = await bench.terminal('NEW-1');
    expect(terminal).toMatchObject({ party: { party_id: 'VLT' }, deactivation: null });
    expect(terminal.assignment).toMatchObject({ state: 'CONFIRMED', location_ids: ['L1'], evse_uids: ['E1'] });
    expect(held.terminal?.invoice_base_url).toBe(terminal.invoiceBaseUrl);

    // The same serial under another id is a terminal that nobody ordered.
    await bench.postTerminal({ ...(held.terminal as Terminal), terminal_id: 'OTHER' });
    expect((await bench.terminal('OTHER')).assignment).toMatchObject({ state: 'NONE', location_ids: [] });
  });

  it('that nobody ordered serve no places, whatever their provider says (PAY-11)', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'SELF', reference: 'SER-SELF', location_ids: ['L1'] }));
    const terminal = await bench.terminal('SELF');
    expect(terminal.terminal.location_ids).toEqual(['L1']);
    expect(terminal.assignment).toMatchObject({ state: 'NONE', location_ids: [] });
  });

  it('get their places by an assignment where the provider tells them without', async () => {
    const { held, answer } = provider('BARE');
    bench.gateway.answer = answer;
    await activate('SER-BARE', { location_ids: ['L1'] });
    held.terminal = aTerminal({ terminal_id: 'BARE', reference: 'SER-BARE' });
    await bench.postTerminal(held.terminal);
    expect((await activation('SER-BARE')).state).toBe('CONFIRMED');
    await waitUntil(async () => (await bench.terminal('BARE')).assignment.state === 'CONFIRMED', {
      describe: 'the places to be brought',
    });
    expect(held.terminal).toMatchObject({ location_ids: ['L1'] });
  });

  it('stay pending while the provider cannot be reached, and are ordered when it can', async () => {
    const asked = await activate('SER-PEND', { location_ids: ['L1'] });
    expect([asked.status, asked.body.state]).toEqual([200, 'PENDING']);
    expect(asked.body.problem).toContain('no answer');
    // The order did arrive, and only the answer was lost: the terminal that is told is read back later.
    const { held, answer } = provider('PEND');
    await bench.postTerminal(aTerminal({ terminal_id: 'PEND', reference: 'SER-PEND', location_ids: ['L1'] }));
    expect(await activation('SER-PEND')).toMatchObject({ state: 'PENDING', terminalId: 'PEND' });
    bench.gateway.answer = answer;
    await waitUntil(async () => (await activation('SER-PEND')).state === 'CONFIRMED', {
      describe: 'the order to be brought',
    });
    expect(held.terminal).toMatchObject({ terminal_id: 'PEND', location_ids: ['L1'] });
  });

  it('show with a reason what the provider refuses, does not offer, or holds otherwise', async () => {
    bench.gateway.answer = () => refused;
    expect((await activate('SER-NO', {})).body).toMatchObject({
      state: 'REFUSED',
      problem: expect.stringContaining('no such place'),
    });
    bench.gateway.answer = () => ({ ...unreachable, reason: 'blocked', message: 'no address', retryable: false });
    expect((await activate('SER-NO', {})).body).toMatchObject({ state: 'REFUSED', problem: 'no address' });

    await bench.postTerminal(aTerminal({ terminal_id: 'SWAP', reference: 'SER-SWAP' }));
    bench.gateway.answer = ({ endpoint }) =>
      success(endpoint.endsWith('getTerminal') ? aTerminal({ terminal_id: 'SWAP', reference: 'SER-X' }) : undefined);
    const swapped = (await activate('SER-SWAP', {})).body;
    expect(swapped).toMatchObject({ state: 'ACCEPTED', problem: expect.stringContaining('SER-X') });

    const elsewhere = await activate('SER-NO', {}, 'partner-2');
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'missing_endpoints']);
    expect(elsewhere.body.detail).toContain('2.2.1');
    expect((await activate('SER-NO', {}, 'partner-3')).status).toBe(409);
    expect((await activate('SER-NO', {}, 'nobody')).status).toBe(404);
    const wrongs: [object, string, string][] = [
      [{ location_ids: ['L1', 'L9'] }, '/location_ids/1', 'partner-1'],
      [{ evse_uids: ['E9'] }, '/evse_uids/0', 'partner-1'],
      [{ customer_reference: 'X' }, '/customer_reference', 'partner-1'],
      [{ party: { country_code: 'FR', party_id: 'XYZ' } }, '/party', 'partner-1'],
      [{}, '/customer_reference', 'partner-4'],
    ];
    for (const [wish, pointer, partnerId] of wrongs) {
      const { status, body } = await activate('SER-NO', wish, partnerId);
      expect([status, body.errors?.map((each) => each.pointer)]).toEqual([422, [pointer]]);
    }
    expect((await activate('S'.repeat(37), {})).body.errors).toMatchObject([{ pointer: 'path/reference' }]);
  });

  it('are forgotten while they are not confirmed, and not later', async () => {
    await activate('SER-GONE', {});
    const withdraw = (reference: string) =>
      bench.operator<Refusable>('DELETE', `/api/v1/terminal-activations/partner-1/${reference}`);
    expect((await withdraw('SER-GONE')).status).toBe(200);
    expect((await withdraw('SER-GONE')).status).toBe(404);
    const { held, answer } = provider('KEEP');
    bench.gateway.answer = answer;
    await activate('SER-KEEP', {});
    await bench.postTerminal(held.terminal as Terminal);
    const kept = await withdraw('SER-KEEP');
    expect([kept.status, kept.body.detail]).toEqual([409, expect.stringContaining('deactivate terminal KEEP')]);
    const listed = await bench.operator<{ items: ActivationView[] }>('GET', '/api/v1/terminal-activations?limit=500');
    const references = listed.body.items.map(({ reference }) => reference);
    expect(references).toContain('SER-KEEP');
    expect(references).not.toContain('SER-GONE');
  });

  it('go out of use at the provider, read back, and into use again by an activation (PAY-48)', async () => {
    const { held, answer } = provider('OUT');
    bench.gateway.answer = answer;
    await activate('SER-OUT', { location_ids: ['L1'] });
    await bench.postTerminal(held.terminal as Terminal);
    expect((await bench.terminal('OUT')).assignment.state).toBe('CONFIRMED');

    bench.gateway.answer = () => unreachable;
    expect((await deactivate('OUT')).body.deactivation).toMatchObject({ state: 'PENDING' });
    expect((await activate('SER-OUT', {})).status).toBe(409);
    bench.gateway.answer = answer;
    await waitUntil(async () => (await bench.terminal('OUT')).deactivation?.state === 'CONFIRMED', {
      describe: 'the deactivation to be brought',
    });
    expect(held.terminal).toBeNull();
    const out = await bench.terminal('OUT');
    expect(out.assignment).toMatchObject({ state: 'NONE', location_ids: [] });
    const readiness = await bench.operator<ReadinessView>('GET', '/api/v1/terminals/partner-1/OUT/readiness');
    expect(readiness.body.obstacles.map(({ code }) => code)).toContain('terminal_deactivated');
    const assigned = await bench.operator<Refusable>('PUT', '/api/v1/terminals/partner-1/OUT/assignment', {});
    expect([assigned.status, assigned.body.detail]).toEqual([409, expect.stringContaining('SER-OUT')]);
    await waitUntil(
      () => bench.terminals.some(({ key, payload }) => key === 'partner-1*OUT' && payload.deactivation === 'CONFIRMED'),
      { describe: 'the deactivation told' },
    );

    // The terminal is known now: it is named in the order, and read back at once.
    bench.gateway.calls.length = 0;
    const again = await activate('SER-OUT', { location_ids: ['L1'] });
    expect(again.body).toMatchObject({ state: 'CONFIRMED', terminalId: 'OUT' });
    expect(called()).toEqual(['activateTerminal', 'getTerminal']);
    expect(await bench.terminal('OUT')).toMatchObject({
      invoiceBaseUrl: out.invoiceBaseUrl,
      deactivation: null,
      assignment: { state: 'CONFIRMED', location_ids: ['L1'] },
    });
  });

  it('stay in use, with the reason, where the provider refuses to take them out or keeps their places', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'STAY', reference: 'SER-STAY' }));
    bench.gateway.answer = () => refused;
    expect((await deactivate('STAY')).body.deactivation).toMatchObject({ state: 'REFUSED' });
    bench.gateway.answer = ({ endpoint }) =>
      success(endpoint.endsWith('getTerminal') ? aTerminal({ location_ids: ['L1'], evse_uids: ['E1'] }) : undefined);
    expect((await deactivate('STAY')).body.deactivation).toMatchObject({
      state: 'REFUSED',
      problem: expect.stringContaining('L1, E1'),
    });
    bench.gateway.answer = () => unreachable;
    await activate('SER-STAY', {});
    expect((await deactivate('STAY')).body.detail).toContain('withdraw the activation of SER-STAY');
    expect((await deactivate('NEVER')).status).toBe(404);
  });
});
