import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { ensureRegistered, type JsonObject, objectsOf, type Simulator } from '@voltap/simulator';
import { killUntilRestarted, untilWhole } from '../stage/processes.js';
import { asObject, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** More than a page of the provider. */
const TERMINALS = Array.from({ length: 60 }, (_, index) => `T-${index}`);

describe('a pull during which both replicas of payments are killed', () => {
  let stage: Stage;
  let simulator: Simulator;
  let partnerId: string;
  beforeAll(async () => {
    stage = await openStage({ network: false, platform: { processes: true, replicas: { payments: 2 } } });
    simulator = stage.simulator;
    simulator.ptp.addTerminal({ terminalId: 'GONE', customerReference: 'VOLTAP-CITY' });
    partnerId = (await ensureRegistered(simulator, '2.3.0')).partnerId ?? '';
    await waitUntil(async () => (await record())?.state === 'SUCCEEDED', { describe: 'the first pull' });
  });
  afterAll(() => stage?.close());

  const record = async (): Promise<JsonObject | undefined> =>
    objectsOf(asObject(await simulator.operator.get('/terminals/pulls')), 'items').find(
      (pull) => pull.partnerId === partnerId,
    );
  const terminals = async () =>
    new Map(
      (await listed(simulator, '/terminals')).map(({ terminal, missingSince }) => [
        asObject(terminal ?? null).terminal_id,
        missingSince,
      ]),
    );

  it('is repeated as the full pull that it was, by whoever is first, and then knows all and what is missing (PAG-18)', async () => {
    const { ptp, misbehaviours, operator } = simulator;
    for (const terminalId of TERMINALS) ptp.addTerminal({ terminalId, customerReference: 'VOLTAP-CITY' });
    ptp.removeTerminal('GONE');
    misbehaviours.add({ kind: 'slow', route: 'payments', method: 'GET', delayMs: 0 });
    misbehaviours.add({ kind: 'slow', route: 'payments', method: 'GET', delayMs: 25_000 });
    const secondPages = () =>
      ptp.log.requests.filter(({ path, query }) => /terminals$/.test(path) && /offset=50/.test(query));
    const broken = operator.post(`/terminals/pull/${partnerId}`).then(
      () => 'done',
      () => 'broken',
    );
    await waitUntil(() => secondPages().length === 1, { describe: 'the second page to be asked for' });
    expect(await record()).toMatchObject({ state: 'RUNNING', counts: { terminals: 50 } });
    await killUntilRestarted(stage.platform, ['payments', 'payments-2']);
    await untilWhole(stage.platform);
    expect(await broken).toBe('broken');
    expect((await terminals()).get('GONE')).toBeNull();

    const repeated = await waitUntil(
      async () => {
        const pull = await record();
        return pull?.state === 'SUCCEEDED' ? pull : null;
      },
      { describe: 'the pull to be repeated once the lease of the dead is over', timeoutMs: 150_000 },
    );
    expect(repeated).toMatchObject({ mode: 'full', counts: { terminals: 60, missing: 1 }, failures: 0 });
    expect(secondPages()).toHaveLength(2);
    const known = await terminals();
    expect(TERMINALS.map((id) => known.get(id))).toEqual(TERMINALS.map(() => null));
    expect(known.get('GONE')).toEqual(expect.any(String));
  });
});
