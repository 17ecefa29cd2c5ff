import { parseArgs } from 'node:util';
import { waitUntil } from '@voltap/platform/testing';
import { StackError } from '@voltap/tools/stack';
import { orderOf } from './chaos-order.js';
import { chargeDuring, openFaultWorld } from './fault-world.js';
import { FAULTS, type FaultWorld } from './faults.js';
import { foundViolations } from './read-evidence.js';

const CHECK_EVERY = 20;
const HELP = `npm run chaos -- [--seed NUMBER] [--faults NUMBER]

Plays charges on a Kafka, a Redis and a PostgreSQL of its own, with two gateways and two commands services, in a city that
charges all the time, and causes a random fault in the middle of each. After every ${CHECK_EVERY} faults and at the end all accounts are compared: what the partner
saw and all nine databases.

  --seed NUMBER    decides which faults, when in a charge and in which order; default: a random one, which is printed
  --faults NUMBER  how many; default 200, which takes about an hour
  --help           this

Exit code 1 when a charge was not settled, or anything was lost or doubled; the seed in the message causes the same faults.
`;
const LARGEST_SEED = 2 ** 32;

class WrongOption extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value >= LARGEST_SEED) {
    throw new WrongOption(`--${name} takes a whole number from ${least} to ${LARGEST_SEED - 1}; ${text} is none.`);
  }
  return value;
}

function readOptions(): { seed: number; faults: number } | null {
  let values: { seed?: string; faults?: string; help?: boolean };
  try {
    const options = { seed: { type: 'string' }, faults: { type: 'string' }, help: { type: 'boolean' } } as const;
    values = parseArgs({ options }).values;
  } catch (error) {
    throw new WrongOption(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
  if (values.help) return null;
  const seed = values.seed ?? String(Math.floor(Math.random() * LARGEST_SEED));
  return { seed: wholeNumber('seed', seed, 0), faults: wholeNumber('faults', values.faults ?? '200', 1) };
}

/** Accounts can be compared when nobody charges. The next fault finds the city busy again. */
async function untilCityRests({ simulator: { city, backEnd } }: FaultWorld): Promise<void> {
  city.stop();
  await waitUntil(() => backEnd.charges.every(({ running, state }) => !running && state.reported), {
    describe: 'the last car of the city to leave',
    timeoutMs: 180_000,
  });
}

/** @returns what went wrong, a line each */
async function torment(world: FaultWorld, { seed, faults }: { seed: number; faults: number }): Promise<string[]> {
  for (const [index, { fault, moment }] of orderOf(seed, faults, FAULTS).entries()) {
    const number = index + 1;
    const began = performance.now();
    world.simulator.city.start();
    try {
      await chargeDuring(world, fault, moment);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [`the charge of fault ${number} (after ${moment}, ${fault.name}) was not settled: ${reason}`];
    }
    say(`${number}/${faults} after ${moment}: ${fault.name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    if (number % CHECK_EVERY !== 0 && number !== faults) continue;
    await untilCityRests(world);
    const found = await foundViolations(world);
    if (found.length > 0) return found;
    say(`All accounts agree after ${number} faults.`);
  }
  return [];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const { seed, faults } = options;
  say(`Seed ${seed}, ${faults} faults`);
  const world = await openFaultWorld({}, say);
  let found: string[];
  try {
    found = await torment(world, options);
  } catch (error) {
    found = [error instanceof Error ? error.message : String(error)];
  } finally {
    await world.close();
  }
  if (found.length === 0) return 0;
  process.stderr.write(
    `${found.join('\n')}\nThe same faults again: npm run chaos -- --seed ${seed} --faults ${faults}\n`,
  );
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const said = error instanceof WrongOption || error instanceof StackError;
  process.stderr.write(`${said ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exitCode = error instanceof WrongOption ? 2 : 1;
}
