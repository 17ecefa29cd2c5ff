import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { startStack } from '@voltap/tools/stack';
import { playInterruptedCharge } from '../stage/interrupted-charge.js';
import { untilWhole } from '../stage/processes.js';
import { chargeDuring, openFaultStage, openFaultWorld } from './fault-world.js';
import { FAULTS, type FaultWorld } from './faults.js';
import { expectNothingLostNorDoubled } from './read-evidence.js';

describe('a charge on real parts loses nothing and doubles nothing', () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await openFaultWorld();
  });
  afterAll(() => world?.close());

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('when %s', async (_name, fault) => {
    await chargeDuring(world, fault);
    await expectNothingLostNorDoubled(world);
  });
});

describe('a platform that starts while Redis is down', () => {
  it('takes commands, and settles a charge during which Redis comes back', async () => {
    const stack = await startStack();
    try {
      await stack.redis.kill();
      const stage = await openFaultStage(stack);
      try {
        // The first charge was played without Redis; the second sees it come.
        await playInterruptedCharge(stage, {
          moment: 'START_SESSION was answered ACCEPTED',
          interrupt: async () => {
            await stack.redis.start();
            await untilWhole(stage.platform);
          },
        });
        await expectNothingLostNorDoubled(stage);
      } finally {
        await stage.close();
      }
    } finally {
      await stack.stop();
    }
  });
});

describe('a platform whose clocks differ by two minutes', () => {
  it.each([['+120s'], ['-120s']])(
    'settles a charge when those of the gateways, of payments and of one commands service are off by %s',
    async (offset) => {
      const elsewhen = ['faketime', '-f', offset];
      const names = ['gateway', 'gateway-2', 'commands-2', 'payments'];
      const world = await openFaultWorld({
        VOLTAP_TEST_WRAPPERS: JSON.stringify(Object.fromEntries(names.map((name) => [name, elsewhen]))),
        VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '60',
        VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '60',
      });
      try {
        // Whoever gives up by a clock of its own, gives up here.
        world.simulator.misbehaviours.add({ kind: 'http-500', route: 'callbacks', times: 2 });
        await chargeDuring(world, CALM);
        await chargeDuring(world, CALM);
        await expectNothingLostNorDoubled(world);
      } finally {
        await world.close();
      }
    },
  );
});

/** The clocks are the fault. */
const CALM = {
  name: 'nothing happens',
  moment: 'the session ended',
  inject: async () => undefined,
} as const;
