import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ActivationView, TerminalView } from '@voltap/contracts/back-office';
import { waitUntil } from '@voltap/platform/testing';
import { textOf } from '@voltap/simulator';
import { asObject, listed } from './stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from './stage/stage.js';
import { backOfficeOf, runVoltap } from './stage/voltap.js';

const REFERENCE = 'APO-4711';

describe('voltap terminals', () => {
  let stage: Stage;
  let partner: string;
  beforeAll(async () => {
    stage = await openStage();
    partner = (await registerAndCrawl(stage.simulator, '2.2.1')).partnerId;
  });
  afterAll(async () => {
    await stage?.close();
  });

  const voltap = (...words: string[]) => runVoltap(['terminals', ...words], backOfficeOf(stage.platform));
  const held = () =>
    Object.values(stage.simulator.ptp.store.state.terminals).find((each) => each.reference === REFERENCE);

  it('has one that is built into a station activated, and taken out of use again, by a provider that speaks 2.2.1', async () => {
    const [location] = await listed(stage.simulator, '/locations');
    const place = textOf(asObject(location?.location), 'id') ?? '';
    const asked = await voltap('activate', partner, REFERENCE, '--location', place);
    expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/^state +(accepted|activated)/m) });
    const activation = await waitUntil(
      async () => {
        const all = JSON.parse((await voltap('activations', '--json')).out) as ActivationView[];
        return all.find(({ reference, state }) => reference === REFERENCE && state === 'CONFIRMED') ?? null;
      },
      { describe: 'the provider to tell of the terminal' },
    );
    expect(held()).toMatchObject({ terminal_id: activation.terminalId, location_ids: [place] });
    const terminal = async () =>
      (JSON.parse((await voltap('list', '--json')).out) as TerminalView[]).find(
        ({ terminal: { terminal_id } }) => terminal_id === activation.terminalId,
      );
    await waitUntil(async () => (await terminal())?.assignment.state === 'CONFIRMED', { describe: 'its places' });
    expect(await terminal()).toMatchObject({ assignment: { location_ids: [place] }, deactivation: null });

    const out = await voltap('deactivate', partner, activation.terminalId ?? '');
    expect(out).toMatchObject({ code: 0, out: `${activation.terminalId}: out of use\n` });
    expect(held()).toMatchObject({ location_ids: [], evse_uids: [] });
    expect(await terminal()).toMatchObject({ assignment: { state: 'NONE' }, deactivation: { state: 'CONFIRMED' } });
  });

  it('says what is wrong with a wish, and what to do', async () => {
    const unknown = await voltap('activate', partner, 'APO-1', '--location', 'NOWHERE');
    expect(unknown).toMatchObject({ code: 1, error: expect.stringContaining('/location_ids/0') });
    expect(await voltap('activate', partner, 'APO-1', '--party', 'DEVLT')).toMatchObject({
      code: 2,
      error: expect.stringContaining('DE*VLT is one'),
    });
    expect((await voltap('deactivate', partner, 'NOBODY')).error).toContain('There is no terminal NOBODY');
    expect((await voltap('withdraw', partner, 'APO-1')).error).toContain('Nobody had APO-1 activated');
  });
});
