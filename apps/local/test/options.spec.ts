import { describe, expect, it } from '@jest/globals';
import { stackFoundation } from '../src/foundation.js';
import { readOptions } from '../src/options.js';
import { layOut } from '../src/topology.js';

describe('who starts it', () => {
  it('chooses how many processes a service has, by flag or variable', () => {
    const { replicas } = readOptions(['--processes', '--replicas', 'gateway=2, cdrs=3'], {});
    expect(replicas).toEqual({ gateway: 2, cdrs: 3 });
    expect(readOptions([], { VOLTAP_PROCESSES: 'true', VOLTAP_REPLICAS: 'tokens=1' }).replicas).toEqual({ tokens: 1 });
    expect(readOptions(['--stack'], {})).toMatchObject({ processes: true, replicas: { gateway: 2, commands: 2 } });
  });

  it('is told what is wrong with a wish', () => {
    const wish = (...args: string[]) => readOptions(args, {});
    expect(() => wish('--processes', '--replicas', 'gatway=2')).toThrow(/gatway is none of gateway, credentials/);
    expect(() => wish('--processes', '--replicas', 'gateway=0')).toThrow(/1 to 9/);
    expect(() => wish('--replicas', 'gateway=2')).toThrow(/add --processes or --stack/);
    expect(() => wish('--stack', '--reset')).toThrow(/forgets nothing of a stack/);
  });

  it('is told which address of the stack is missing, and who gives it', async () => {
    await expect(stackFoundation({ VOLTAP_KAFKA_BROKERS: '127.0.0.1:9092' })).rejects.toThrow(
      /needs VOLTAP_REDIS_URL and VOLTAP_POSTGRES_URL.*npm run stack/,
    );
  });
});

describe('the ports', () => {
  it('are shared where there are several replicas, and are nowhere used twice', async () => {
    const options = readOptions(['--processes', '--replicas', 'gateway=2,commands=3'], {});
    const { replicas, addresses, sharedPorts } = await layOut(options);
    expect(replicas.map(({ name }) => name)).toEqual(expect.arrayContaining(['commands', 'commands-2', 'commands-3']));
    const own = replicas.flatMap(({ port, doors }) => [
      port,
      ...(doors ? [doors.publicPort, doors.backOfficePort] : []),
    ]);
    const all = [...own, ...sharedPorts.map(({ port }) => port)];
    expect(new Set(all).size).toBe(all.length);
    expect(sharedPorts.find(({ port }) => port === options.publicPort)?.replicaPorts).toHaveLength(2);
    expect(sharedPorts.find(({ port }) => addresses.commands?.endsWith(`:${port}`))?.replicaPorts).toHaveLength(3);
    expect(replicas.some(({ port }) => addresses.tariffs?.endsWith(`:${port}`))).toBe(true);
  });
});
