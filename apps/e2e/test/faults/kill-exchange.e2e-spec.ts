import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { registerFromPlatform, type Simulator, textOf } from '@voltap/simulator';
import { killUntilRestarted, untilWhole } from '../stage/processes.js';
import { asObject } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** What a partner may take to answer; a broken exchange of ours is over after twice as much and ten seconds. */
const TIMEOUT_MS = 4_000;

describe.each(['credentials', 'gateway'] as const)('an exchange of credentials during which %s is killed', (victim) => {
  let stage: Stage;
  let simulator: Simulator;
  let partnerId: string;
  beforeAll(async () => {
    stage = await openStage({
      network: false,
      platform: {
        processes: true,
        environment: {
          VOLTAP_REGISTRATION_TIMEOUT_MS: `${TIMEOUT_MS}`,
          VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS: `${TIMEOUT_MS}`,
        },
      },
    });
    simulator = stage.simulator;
  });
  afterAll(() => stage?.close());

  const partner = async () => asObject(await simulator.operator.get(`/partners/${partnerId}`));
  /** Kills when the provider was asked for it, and holds its answer back meanwhile. */
  async function killAt(route: 'details' | 'credentials', exchange: () => Promise<unknown>): Promise<void> {
    const { log } = simulator.ptp;
    const before = log.requests.length;
    simulator.misbehaviours.add({ kind: 'slow', route, delayMs: TIMEOUT_MS / 2 });
    const wanted = route === 'details' ? /\/ptp\/2\.\d\.\d$/ : /\/credentials$/;
    const broken = exchange().then(
      () => 'done',
      () => 'broken',
    );
    await waitUntil(() => log.requests.slice(before).some(({ path }) => wanted.test(path)), {
      describe: `the provider to be asked for ${route}`,
    });
    await killUntilRestarted(stage.platform, [victim]);
    await untilWhole(stage.platform);
    // Its answer may have been on its way already; then the exchange is done, and may be done again.
    await broken;
    simulator.misbehaviours.clear();
  }
  const again = <Value>(what: string, exchange: () => Promise<Value>) => waitUntil(exchange, { describe: what });
  const bothAgree = async () => {
    const { ptp } = simulator;
    expect(await ptp.registrationHolds()).toBe(true);
    const { status, version } = await partner();
    expect({ status, version }).toEqual({ status: 'REGISTERED', version: ptp.store.registration.version });
    // And in the other direction: the platform is known to the provider.
    await simulator.operator.post(`/partners/${partnerId}/rotation`, {}, 60_000);
    expect(await ptp.registrationHolds()).toBe(true);
  };

  it('is repeated by the provider with the same Token A (CRED-16)', async () => {
    const opened = asObject(
      await simulator.operator.post('/partners', {
        name: 'Killed',
        parties: [{ ...simulator.options.party, name: 'Voltap City Charging' }],
      }),
    );
    partnerId = textOf(opened, 'id') ?? '';
    const register = () =>
      simulator.ptp.credentials.register(textOf(opened, 'versionsUrl') ?? '', textOf(opened, 'tokenA') ?? '', '2.2.1');
    await killAt('details', register);
    if (simulator.ptp.store.state.registration === null) await again('the registration to be repeated', register);
    await bothAgree();
  });

  it('is repeated by the provider with the tokens of before (CRED-31)', async () => {
    const rotate = () => simulator.ptp.credentials.rotate('2.3.0');
    await killAt('details', rotate);
    await again('the rotation to be repeated', rotate);
    await bothAgree();
    expect((await partner()).version).toBe('2.3.0');
  });

  /** It asks us back before it agrees: a provider that met the dead one has refused. */
  const untilAnswered = () =>
    waitUntil(
      () => simulator.ptp.log.requests.findLast(({ path }) => path.endsWith('/credentials'))?.httpStatus ?? null,
      { describe: 'the provider to have answered' },
    );

  it('is healed by the provider when it agreed to our rotation, whose answer never came', async () => {
    const { ptp, operator } = simulator;
    const before = ptp.store.registration.ownToken;
    await killAt('credentials', () => operator.post(`/partners/${partnerId}/rotation`, { version: '2.2.1' }, 60_000));
    await untilAnswered();
    const agreed = ptp.store.registration.ownToken !== before;
    expect(
      await again(`the ${agreed ? 'new' : 'old'} token to work`, async () => (await ptp.registrationHolds()) || null),
    ).toBe(true);
    await again('the provider to renew its side', () => ptp.credentials.rotate('2.2.1'));
    await bothAgree();
  });

  it('is begun anew by us with another Token A when the answer to our registration never came', async () => {
    const { ptp, operator } = simulator;
    await operator.delete(`/partners/${partnerId}/registration`);
    expect(ptp.store.state.registration).toBeNull();
    await killAt('credentials', () => registerFromPlatform(simulator, { partnerId, version: '2.3.0' }));
    await untilAnswered();
    if ((await partner()).status !== 'REGISTERED') {
      ptp.store.forget();
      await again('the registration to be begun anew', () =>
        registerFromPlatform(simulator, { partnerId, version: '2.3.0' }),
      );
    }
    await bothAgree();
  });
});
