import { join } from 'node:path';
import { SystemClock } from '@voltap/kernel';
import { BackEnd } from './back-end/back-end.js';
import { City } from './back-end/city.js';
import { Network } from './back-end/network.js';
import { BackOfficeClient } from './back-office/back-office-client.js';
import { Journal } from './journal.js';
import { ControlServer } from './misbehaviour/control-server.js';
import { Misbehaviours } from './misbehaviour/misbehaviour.js';
import { PaymentTerminalProvider } from './ptp/ptp.js';
import { Random } from './random.js';
import { type ResolvedOptions, resolveOptions, type SimulatorOptions } from './simulator-options.js';
import { StateFile } from './state-file.js';
import { textsOf } from './wire/json.js';

/** A wait that succeeds costs nothing, and a platform may start anew meanwhile. */
const PATIENCE_MS = 180_000;

/** A running simulator: the PTP, the charging back-end, the operator's client, and what can be switched. */
export interface Simulator {
  readonly options: ResolvedOptions;
  readonly ptp: PaymentTerminalProvider;
  readonly backEnd: BackEnd;
  readonly city: City;
  /** The back-office API with the operator's key. */
  readonly operator: BackOfficeClient;
  readonly misbehaviours: Misbehaviours;
  readonly journal: Journal;
  /** What the operator keeps between two runs. */
  readonly memory: OperatorMemory;
  /** `http://…` of the control endpoint; null when none is served. */
  readonly controlUrl: string | null;
  /** Waits until the probe gives something, three minutes by default; looks again whenever the PTP or the back-end changed. */
  until<T>(what: string, probe: () => T | null | undefined | false, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

export interface OperatorMemory {
  /** The partner that the operator created at the platform for this PTP. */
  readonly partnerId: string | null;
  remember(partnerId: string | null): void;
}

/**
 * Starts the PTP's server and the back-end against a platform that serves. Nothing is registered and nothing charges
 * until it is told to; see `playCharge`.
 * @throws Unreachable when the back-end finds no platform.
 */
export async function startSimulator(wanted: SimulatorOptions): Promise<Simulator> {
  const options = resolveOptions(wanted);
  const clock = new SystemClock();
  const journal = new Journal(clock);
  const misbehaviours = new Misbehaviours();
  const operator = new BackOfficeClient({ url: options.backOfficeUrl, apiKey: options.apiKey });
  const ptp = new PaymentTerminalProvider(options.ptp, stateFile(options, 'ptp.json'), journal, clock, misbehaviours);
  const network = new Network(operator, options.backEnd.party);
  const backEnd = new BackEnd(
    options.backEnd,
    stateFile(options, 'back-end.json'),
    operator,
    network,
    misbehaviours,
    journal,
    clock,
  );
  const city = new City(options.city, backEnd, new Random(options.seed), ({ locationId, evseUid }) =>
    ptp.terminals.some(
      ({ object }) =>
        textsOf(object, 'location_ids').includes(locationId) || textsOf(object, 'evse_uids').includes(evseUid),
    ),
  );
  const control = options.controlPort === null ? null : new ControlServer(ptp, backEnd, city, misbehaviours, journal);

  const close = async (): Promise<void> => {
    city.stop();
    await Promise.all([ptp.close(), backEnd.close(), control?.close()]);
  };
  try {
    if (options.parts.includes('ptp')) await ptp.start();
    if (options.parts.includes('back-end')) await backEnd.start();
    if (control) await control.listen(options.host, options.controlPort ?? 0);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    options,
    ptp,
    backEnd,
    city,
    operator,
    misbehaviours,
    journal,
    memory: operatorMemory(stateFile(options, 'operator.json')),
    controlUrl: control?.url ?? null,
    until: async (what, probe, timeoutMs = PATIENCE_MS) => {
      const stop = backEnd.changed.forward(ptp.store.changed);
      try {
        return await ptp.store.changed.until(what, probe, timeoutMs);
      } finally {
        stop();
      }
    },
    close,
  };
}

function stateFile<State>(options: ResolvedOptions, name: string): StateFile<State> {
  return new StateFile<State>(options.stateDirectory === null ? null : join(options.stateDirectory, name));
}

function operatorMemory(file: StateFile<{ partnerId: string | null }>): OperatorMemory {
  const state = file.load({ partnerId: null });
  return {
    get partnerId() {
      return state.partnerId;
    },
    remember(partnerId) {
      state.partnerId = partnerId;
      file.save(state);
    },
  };
}
