import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectKey } from '@voltap/kernel';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type JsonObject, playCharge, sampleTariffs } from '@voltap/simulator';
import { expect } from 'expect';
import { type AlertDrill, openAlertDrill } from '../stage/alert-drill.js';
import { namedStack } from '../stage/named-stack.js';
import type { PlatformStores } from '../stage/running-platform.js';
import { asObject, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';
import { type ReceivedSpan, receiveTraces } from '../stage/trace-receiver.js';

/** Machines that build are slow; a wait that succeeds costs nothing. */
export const PATIENCE_MS = 150_000;

/** An event as `voltap events list --json` tells it. */
interface SetAside {
  readonly service: string;
  readonly id: string;
  readonly key: string;
  readonly topic: string;
}

/** A platform on real parts with a partner, a terminal and one charge behind it; its faults, and where an operator looks. */
export interface DrilledPlatform {
  readonly stage: Stage;
  readonly drill: AlertDrill;
  /** Id of the one partner. */
  readonly partner: string;
  /** For files of the operator. */
  readonly folder: string;
  readonly operator: () => Stage['simulator']['operator'];
  readonly stores: () => PlatformStores;
  /** @returns the first line with all the words in the log of a service. */
  untilLogged(service: string, ...words: readonly string[]): Promise<string>;
  untilTraced(what: string, wanted: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>;
  /** Labels of what the alert is about, once it is raised. */
  raised(alert: string): Promise<readonly Readonly<Record<string, string>>[]>;
  importLocations(locations: readonly JsonObject[]): Promise<JsonObject>;
  /** The first sample tariff with another text. @returns its key */
  putTariff(text: string): Promise<string>;
  /** No connection to this database is to be had, and those that there were are cut, while the operator looks. */
  withoutDatabase(service: string, look: () => Promise<void>): Promise<void>;
  /** A mistake of a version, while the operator looks: it cannot write these rows. @returns what mends it */
  withMistake(service: string, table: string, look: () => Promise<void>): Promise<() => Promise<void>>;
  setAside(...words: string[]): Promise<SetAside[]>;
  /** @returns the reference of a charge that runs */
  beginCharge(): Promise<string>;
  endCharge(reference: string): Promise<void>;
  untilMoney(reference: string, state: string): Promise<void>;
  close(): Promise<void>;
}

export async function openDrilledPlatform(): Promise<DrilledPlatform> {
  const stack = namedStack();
  const folder = await mkdtemp(join(tmpdir(), 'voltap-drill-'));
  const traces = await receiveTraces();
  let stage: Stage | undefined;
  let drill: AlertDrill | undefined;
  const close = async () => {
    await drill?.close();
    await stage?.close();
    await traces.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    stage = await openStage({
      platform: {
        stack,
        replicas: { gateway: 1 },
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
          // What is looked for is kept all the same.
          VOLTAP_TRACE_RATIO: '0',
          VOLTAP_CONSUMER_MAX_ATTEMPTS: '3',
          VOLTAP_CONSUMER_RETRY_BASE_MS: '50',
          VOLTAP_GATEWAY_RETRY_MS: '100',
        },
      },
    });
    drill = await openAlertDrill(stage.platform);
    await playCharge(stage.simulator, { minutes: 2, ocpiVersion: '2.3.0' });
    const [partner] = await listed(stage.simulator, '/partners');
    return {
      ...{ stage, drill, folder, partner: String(partner?.id), close },
      ...operatorAt(stage, drill, traces.received),
      ...faultsOf(stage, drill, stack.VOLTAP_POSTGRES_URL),
      ...driverAt(stage),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where an operator looks, and what one does by the back-office API. */
function operatorAt(stage: Stage, drill: AlertDrill, received: readonly ReceivedSpan[]) {
  const operator = () => stage.simulator.operator;
  const stores = () => {
    if (stage.platform.stores === null) throw new Error('what the platform stores in is not known');
    return stage.platform.stores;
  };
  const logOf = (service: string) => readFile(join(String(stage.platform.directory), 'logs', `${service}.log`), 'utf8');
  const untilLogged = (service: string, ...words: readonly string[]) =>
    waitUntil(
      async () => (await logOf(service)).split('\n').find((line) => words.every((word) => line.includes(word))),
      { describe: `${words.join(', ')} in the log of ${service}`, timeoutMs: PATIENCE_MS },
    );
  const untilTraced = (what: string, wanted: (span: ReceivedSpan) => boolean) =>
    waitUntil(() => received.find(wanted), { describe: `${what} in the trace store`, timeoutMs: PATIENCE_MS });
  /** What the alert says of whom it is about, once it is raised. */
  const raised = async (alert: string) => {
    await drill.untilRaised(alert);
    // What an alert before this one left pending for a moment is not meant.
    const expression = await drill.prometheus.expressionOf(alert);
    const found = await waitUntil(
      async () => {
        const samples = await drill.prometheus.query(expression);
        return samples.length > 0 && samples;
      },
      { describe: `${expression} to be so`, timeoutMs: PATIENCE_MS },
    );
    return found.map(({ metric }) => metric);
  };

  const importLocations = async (locations: readonly JsonObject[]) =>
    asObject(await operator().post('/locations/import', [...locations], PATIENCE_MS));
  const putTariff = async (text: string): Promise<string> => {
    const tariff = asObject(sampleTariffs()[0]);
    await operator().put(`/tariffs/DE/VLT/${tariff.id}`, { ...tariff, tariff_alt_text: [{ language: 'en', text }] });
    return objectKey({ country_code: 'DE', party_id: 'VLT' }, String(tariff.id));
  };

  async function setAside(...words: string[]): Promise<SetAside[]> {
    return JSON.parse(await drill.told('events', 'list', ...words, '--json')) as SetAside[];
  }
  return { operator, stores, untilLogged, untilTraced, raised, importLocations, putTariff, setAside };
}

function faultsOf(stage: Stage, drill: AlertDrill, server: string) {
  async function withoutDatabase(service: string, look: () => Promise<void>): Promise<void> {
    const name = new URL((await stage.platform.stores?.databaseUrl(service)) ?? '').pathname.slice(1);
    const allow = (allowed: boolean) => queryDatabase(server, `alter database ${name} allow_connections ${allowed}`);
    await allow(false);
    try {
      const cut = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1';
      await queryDatabase(server, cut, [name]);
      await look();
    } finally {
      await allow(true);
    }
  }

  async function withMistake(service: string, table: string, look: () => Promise<void>): Promise<() => Promise<void>> {
    await drill.sql(
      service,
      `create function mistaken() returns trigger language plpgsql as $$ begin raise exception 'a mistake'; end $$`,
    );
    const trigger = `create trigger mistaken before insert or update on ${table} for each row execute function mistaken()`;
    await drill.sql(service, trigger);
    const mend = async () => {
      await drill.sql(service, 'drop function if exists mistaken cascade');
    };
    try {
      await look();
    } catch (error) {
      await mend();
      throw error;
    }
    return mend;
  }

  return { withoutDatabase, withMistake };
}

function driverAt(stage: Stage) {
  const { operator } = stage.simulator;
  async function beginCharge(): Promise<string> {
    const { ptp, backEnd } = stage.simulator;
    const [terminal] = ptp.terminals;
    const choice = await stage.simulator.until(
      'a free connector',
      () => terminal?.screen().connectors.find(({ startable }) => startable),
      PATIENCE_MS,
    );
    const reference = randomUUID();
    const tapped = await terminal?.tap({ ...choice, authorizationReference: reference });
    expect(tapped).toMatchObject({ accepted: true });
    await stage.simulator.until(
      'energy on the terminal',
      () => ptp.desk.charge(reference).phase === 'CHARGING' && (backEnd.chargeOf(reference)?.activeSeconds ?? 0) > 120,
      PATIENCE_MS,
    );
    return reference;
  }
  async function endCharge(reference: string): Promise<void> {
    expect(await stage.simulator.ptp.desk.stop(reference)).toMatchObject({ accepted: true });
    const { backEnd } = stage.simulator;
    await stage.simulator.until(
      'its end',
      () => backEnd.chargeOf(reference)?.state.status === 'COMPLETED',
      PATIENCE_MS,
    );
  }
  const untilMoney = async (reference: string, state: string) => {
    await waitUntil(async () => asObject(await operator.get(`/reconciliation/${reference}`)).state === state, {
      describe: `the money of ${reference} to be ${state}`,
      timeoutMs: PATIENCE_MS,
    });
  };
  return { beginCharge, endCharge, untilMoney };
}
