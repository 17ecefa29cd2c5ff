import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ensureNetwork,
  ensureRegistered,
  type Simulator,
  sampleLocations,
  sampleTariffs,
  startSimulator,
} from '@voltap/simulator';
import { type Call, quantile, rate, ratio, send } from './load.js';
import type { MeasuredPlatform } from './measured-platform.js';

export interface RatioRow {
  readonly what: string;
  readonly ratio: number;
  readonly ours: number;
  readonly theirs: number;
}

/** From sending START_SESSION until it is promised. */
export interface StartRow {
  readonly p50: number;
  readonly p99: number;
}

export interface PushRow {
  /** Status changes a second that were really sent. */
  readonly rate: number;
  readonly pushed: number;
  readonly p50: number;
  readonly p99: number;
}

const ROUNDS = 3;
const CONCURRENCY = 16;
const PAGES = 400;
const WRITES = 400;
const CHANGES_PER_SECOND = 500;
const CHANGES_AT_ONCE = 10;
const PUSH_SECONDS = 6;
const STARTS_PER_SECOND = 100;
const START_SECONDS = 10;

export interface Place {
  readonly country_code: string;
  readonly party_id: string;
  readonly location_id: string;
  readonly evse_uid: string;
  readonly connector_id: string;
}

/** The same requests at the platform and at a bare server on the same machine and database, in the same run. */
export async function measureRequests(
  platform: MeasuredPlatform,
  directory: string,
): Promise<{ ratios: RatioRow[]; starts: StartRow; push: PushRow }> {
  const simulator = await startSimulator({
    gatewayUrl: platform.gatewayUrl,
    backOfficeUrl: platform.backOfficeUrl,
    apiKey: platform.apiKey,
    ptpPort: 0,
    controlPort: null,
    parts: ['ptp'],
    ptp: { requestLogLimit: 50_000 },
  });
  try {
    await ensureNetwork(simulator, { locations: sampleLocations(), tariffs: sampleTariffs() });
    await ensureRegistered(simulator, '2.3.0');
    const places = placesOf(sampleLocations() as unknown[]);
    const push = await measurePush(simulator, platform, places);
    const starts = await measureStarts(startOf(simulator, platform, places));
    return { ratios: await measureRatios(simulator, platform, directory, places), starts, push };
  } finally {
    await simulator.close();
  }
}

async function measureRatios(
  simulator: Simulator,
  platform: MeasuredPlatform,
  directory: string,
  places: readonly Place[],
): Promise<RatioRow[]> {
  const partner = asPartner(simulator);
  const ocpi = `${platform.gatewayUrl}/ocpi/cpo/2.3.0`;
  const page = { method: 'GET', url: `${ocpi}/locations?limit=50`, headers: partner };
  const pageFile = join(directory, 'page.json');
  await writeFile(pageFile, await send(page));
  const bare = fork(fileURLToPath(new URL('./bare-server.js', import.meta.url)), [
    await platform.databaseUrl(),
    pageFile,
  ]);
  try {
    const [{ url }] = (await once(bare, 'message')) as [{ url: string }];
    const body = JSON.stringify({ ...places[0], token: aToken('bench') });
    const insert = () => rate(WRITES, CONCURRENCY, () => ({ method: 'POST', url: `${url}/insert`, body }));
    const start = startOf(simulator, platform, places);
    const session = sessionOf(platform, places);
    const pages = (call: { method: string; url: string }) => rate(PAGES, CONCURRENCY, () => call);
    return [
      {
        what: 'GET locations, page of 50',
        ...(await ratio(
          ROUNDS,
          () => pages(page),
          () => pages({ method: 'GET', url: `${url}/page` }),
        )),
      },
      { what: 'POST START_SESSION', ...(await ratio(ROUNDS, () => rate(WRITES, CONCURRENCY, start), insert)) },
      { what: 'PUT session', ...(await ratio(ROUNDS, () => rate(WRITES, CONCURRENCY, session), insert)) },
    ];
  } finally {
    bare.disconnect();
  }
}

export function asPartner({ ptp }: Simulator): { authorization: string } {
  return { authorization: `Token ${Buffer.from(ptp.store.registration.ownToken).toString('base64')}` };
}

/** Charges that the back-end reports for the first time. */
export function sessionOf({ backOfficeUrl, apiKey }: MeasuredPlatform, places: readonly Place[]) {
  const headers = { authorization: `Bearer ${apiKey}` };
  return (index: number): Call => {
    const { country_code, party_id, ...place } = places[index % places.length] as Place;
    const { issuer: _, valid: __, whitelist: ___, last_updated: ____, ...cdr_token } = aToken(`RFID${index}`);
    return {
      method: 'PUT',
      url: `${backOfficeUrl}/api/v1/sessions/${country_code}/${party_id}/${randomUUID()}`,
      headers,
      body: JSON.stringify({
        session: { ...place, status: 'ACTIVE', start_date_time: new Date().toISOString(), kwh: 1, cdr_token },
      }),
    };
  };
}

/** Starts, each under a reference of its own. */
export function startOf(simulator: Simulator, { gatewayUrl }: MeasuredPlatform, places: readonly Place[]) {
  const headers = asPartner(simulator);
  return (index: number): Call => {
    const { country_code: _, party_id: __, ...place } = places[index % places.length] as Place;
    const reference = randomUUID();
    const command = { ...place, token: aToken(reference), authorization_reference: reference };
    return {
      method: 'POST',
      url: `${gatewayUrl}/ocpi/cpo/2.3.0/commands/START_SESSION`,
      headers,
      body: JSON.stringify({ ...command, response_url: `${simulator.ptp.url}/nowhere` }),
    };
  };
}

/** At a steady pace, however long each takes. */
async function measureStarts(start: (index: number) => Call): Promise<StartRow> {
  const latencies: number[] = [];
  const begin = performance.now();
  const sent = Array.from({ length: STARTS_PER_SECOND * START_SECONDS }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, (index / STARTS_PER_SECOND) * 1_000));
    await send(start(index));
    latencies.push(performance.now() - begin - (index / STARTS_PER_SECOND) * 1_000);
  });
  await Promise.all(sent);
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** From sending a report until the PATCH has arrived at the partner. */
async function measurePush(
  simulator: Simulator,
  platform: MeasuredPlatform,
  places: readonly Place[],
): Promise<PushRow> {
  const headers = { authorization: `Bearer ${platform.apiKey}` };
  const sent = new Map<string, number[]>();
  const reports: Promise<string>[] = [];
  const begin = performance.now();
  const origin = Date.now() - begin;
  let count = 0;
  while (performance.now() - begin < PUSH_SECONDS * 1_000) {
    const due = begin + (count / CHANGES_PER_SECOND) * 1_000;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const now = performance.now() + origin;
    const changes = Array.from({ length: CHANGES_AT_ONCE }, () => {
      const { connector_id: _, ...place } = places[count % places.length] as Place;
      const status = Math.floor(count / places.length) % 2 === 0 ? 'RESERVED' : 'BLOCKED';
      const key = `${place.evse_uid} ${status}`;
      sent.set(key, [...(sent.get(key) ?? []), now]);
      count += 1;
      return { ...place, status };
    });
    const url = `${platform.backOfficeUrl}/api/v1/evse-statuses`;
    reports.push(send({ method: 'POST', url, headers, body: JSON.stringify(changes) }));
  }
  await Promise.all(reports);
  const seconds = (performance.now() - begin) / 1_000;
  while (!quiet(simulator)) await new Promise((resolve) => setTimeout(resolve, 100));
  const latencies = simulator.ptp.log.requests.flatMap(({ method, path, body, at }) => {
    const uid = path.split('/').at(-1) ?? '';
    const status = (body as { status?: string } | undefined)?.status ?? '';
    const before = sent.get(`${uid} ${status}`)?.filter((time) => time <= Date.parse(at) + 1);
    return method === 'PATCH' && before !== undefined && before.length > 0
      ? [Math.max(0, Date.parse(at) - (before.at(-1) ?? 0))]
      : [];
  });
  return {
    rate: count / seconds,
    pushed: latencies.length,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

/** Nothing has come for half a second. */
function quiet(simulator: Simulator): boolean {
  const last = simulator.ptp.log.requests.at(-1);
  return last !== undefined && Date.now() - Date.parse(last.at) > 500;
}

function aToken(uid: string) {
  return {
    country_code: 'NL',
    party_id: 'PAY',
    uid,
    type: 'AD_HOC_USER',
    contract_id: uid,
    issuer: 'bench',
    valid: true,
    whitelist: 'NEVER',
    last_updated: new Date().toISOString(),
  };
}

export function placesOf(locations: readonly unknown[]): Place[] {
  type Evse = { uid: string; connectors: { id: string }[] };
  return (locations as { country_code: string; party_id: string; id: string; evses: Evse[] }[]).flatMap((location) =>
    location.evses.map((evse) => ({
      country_code: location.country_code,
      party_id: location.party_id,
      location_id: location.id,
      evse_uid: evse.uid,
      connector_id: evse.connectors[0]?.id ?? '',
    })),
  );
}
