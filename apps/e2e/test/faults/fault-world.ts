import { playCharge } from '@voltap/simulator';
import { type RunningStack, startStack } from '@voltap/tools/stack';
import { type Moment, PATIENT_DRIVER, playInterruptedCharge } from '../stage/interrupted-charge.js';
import type { StackEnvironment } from '../stage/named-stack.js';
import { openStage, type Stage } from '../stage/stage.js';
import type { Fault, FaultWorld } from './faults.js';

/** What a stack serves for a platform of a test. */
export function environmentOf({ kafka, redis, postgres }: RunningStack): StackEnvironment {
  return {
    VOLTAP_KAFKA_BROKERS: kafka.brokers,
    VOLTAP_REDIS_URL: redis.url,
    VOLTAP_POSTGRES_URL: postgres.url,
  };
}

/**
 * A platform on a stack that nobody else uses, since it is tormented: two gateways, two commands services, and a driver
 * who has charged once. `environment` is added to that of the services.
 */
export async function openFaultWorld(
  environment: Readonly<Record<string, string>> = {},
  progress?: (line: string) => void,
): Promise<FaultWorld> {
  const stack = await startStack(progress === undefined ? {} : { progress });
  try {
    const stage = await openFaultStage(stack, environment);
    return {
      ...stage,
      stack,
      close: async () => {
        try {
          await stage.close();
        } finally {
          await stack.stop();
        }
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

export async function openFaultStage(
  stack: RunningStack,
  environment: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const stage = await openStage({
    platform: {
      processes: true,
      stack: environmentOf(stack),
      replicas: { gateway: 2, commands: 2 },
      environment: {
        ...PATIENT_DRIVER,
        VOLTAP_KAFKA_SESSION_MS: '6000',
        ...environment,
      },
    },
    // A long run may ask for more than the last few thousand requests.
    simulator: {
      ptp: { requestLogLimit: 200_000 },
      // Nobody is there until the city is started; then charges take seconds.
      city: { everyMs: 1_000, maxCharges: 6, speed: 1_200 },
    },
  });
  try {
    await playCharge(stage.simulator, { minutes: 2 });
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}

/** A charge in the middle of which the fault happens: settled once all the same. */
export async function chargeDuring(world: FaultWorld, fault: Fault, moment: Moment = fault.moment): Promise<string> {
  const heard = world.simulator.ptp.log.requests.length;
  fault.prepare?.(world);
  try {
    return await playInterruptedCharge(world, { moment, interrupt: () => fault.inject(world, heard) });
  } finally {
    world.simulator.misbehaviours.clear();
  }
}
