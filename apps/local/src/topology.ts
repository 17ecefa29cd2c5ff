import type { ServiceAddresses } from '@voltap/platform/bootstrap';
import { freePorts } from '@voltap/platform/embedded';
import type { LocalOptions } from './options.js';
import { SERVICES } from './services.js';

/** One instance of a service, and the ports that are its own. */
export interface Replica {
  readonly service: string;
  /** `gateway`, `gateway-2`, … */
  readonly name: string;
  /** Internal port. */
  readonly port: number;
  /** The listeners of a gateway. */
  readonly doors?: { readonly publicPort: number; readonly backOfficePort: number };
}

/** One port in front of several replicas. */
export interface SharedPort {
  readonly port: number;
  readonly replicaPorts: readonly number[];
}

/** Who listens where. */
export interface Topology {
  readonly replicas: readonly Replica[];
  /** Of each service: its only replica, or the port that its replicas share. */
  readonly addresses: ServiceAddresses;
  readonly sharedPorts: readonly SharedPort[];
}

/** Internal ports are free ones; those of the gateway that others know are as the options say. */
export async function layOut(options: LocalOptions): Promise<Topology> {
  const counts = SERVICES.map(({ name }) => ({ service: name, count: options.replicas[name] ?? 1 }));
  const several = counts.filter(({ count }) => count > 1).length;
  const gateways = options.replicas.gateway ?? 1;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const ports = await freePorts(total + several + (gateways > 1 ? 2 * gateways : 0));
  const take = () => ports.pop() ?? 0;

  const replicas = counts.flatMap(({ service, count }) =>
    Array.from({ length: count }, (_, index): Replica => {
      const replica = { service, name: index === 0 ? service : `${service}-${index + 1}`, port: take() };
      if (service !== 'gateway') return replica;
      const { publicPort, backOfficePort } = options;
      const doors = count === 1 ? { publicPort, backOfficePort } : { publicPort: take(), backOfficePort: take() };
      return { ...replica, doors };
    }),
  );
  const sharedPorts: SharedPort[] = [];
  const addressOf = (service: string): string => {
    const own = replicas.filter((replica) => replica.service === service).map(({ port }) => port);
    if (own.length > 1) sharedPorts.push({ port: take(), replicaPorts: own });
    return `http://127.0.0.1:${own.length > 1 ? sharedPorts.at(-1)?.port : own[0]}`;
  };
  const addresses = Object.fromEntries(SERVICES.map(({ name }) => [name, addressOf(name)]));
  if (gateways > 1) {
    const doors = replicas.flatMap((replica) => replica.doors ?? []);
    sharedPorts.push(
      { port: options.publicPort, replicaPorts: doors.map(({ publicPort }) => publicPort) },
      { port: options.backOfficePort, replicaPorts: doors.map(({ backOfficePort }) => backOfficePort) },
    );
  }
  return { replicas, addresses, sharedPorts };
}

/** Internal address of each replica, by name. */
export function replicaAddresses({ replicas }: Topology): ServiceAddresses {
  return Object.fromEntries(replicas.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]));
}
