import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evseStatusChanged, partnerUpdated, tariffChanged } from '@voltap/contracts/events';
import type { AnyEventDefinition } from '@voltap/kernel';
import { openDataSource } from '@voltap/platform/persistence';
import { sampleTariffs } from '@voltap/simulator';
import { median, quantile } from '../load.js';
import { HEAP_MEGABYTES } from '../measured-service.js';
import type { Row } from '../row.js';
import { type MeasuredProcess, startMeasuredProcess } from '../stack/measured-process.js';
import { type MeasuredGateway, startMeasuredGateway } from './measured-gateway.js';

const STATUS_PARTNERS = 20;
const STATUS_DEAD = 5;
const STATUSES_PER_SECOND = 500;
/** Ten seconds. */
const STATUSES = 5_000;
const STATUSES_AT_ONCE = 10;
const DEAD = 10;
const PER_SECOND = 50;
/** Twenty seconds: the dead ones are given up meanwhile, and tried again. */
const ROUND = 1_000;
const ROUNDS = 3;
const WARM_UP = 200;
/** After this long all that can be under way to the dead ones is under way. */
const SETTLED_MS = 3_000;
const BACKLOG = 200_000;
/** Of the backlog; the rest lies there all the while. */
const DRAINED = 20_000;
const LOOK_EVERY_MS = 500;

type Arrivals = readonly (readonly [id: string, at: number])[];

export const DELIVERY_PARTS = ['statuses', 'isolation', 'backlog', 'whole-backlog'] as const;
export type DeliveryPart = (typeof DELIVERY_PARTS)[number];

/**
 * Statuses for twenty partners, a healthy one with and without ten dead ones beside it, the beginning of a large backlog,
 * and, which takes a quarter of an hour, all of it.
 */
export async function measureDeliveries(parts: readonly DeliveryPart[], row: Row): Promise<void> {
  if (parts.includes('statuses'))
    await measured([STATUS_PARTNERS - STATUS_DEAD, STATUS_DEAD], (measurement) => statuses(measurement, row));
  if (parts.includes('isolation')) await measured([1, DEAD], (measurement) => isolation(measurement, row));
  if (parts.includes('backlog')) await measured([1, DEAD], (measurement) => backlog(measurement, row, DRAINED));
  if (parts.includes('whole-backlog')) await measured([1, 0], (measurement) => backlog(measurement, row, BACKLOG));
}

/** On a gateway of its own, with so many partners that are healthy and dead. */
async function measured(
  [healthy, dead]: readonly [healthy: number, dead: number],
  measure: (measurement: Measurement) => Promise<void>,
): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  try {
    const gateway = await startMeasuredGateway(parent);
    const partners = await startMeasuredProcess('../deliveries/partners.js', [`${healthy}`, `${dead}`]);
    try {
      const measurement = new Measurement(gateway, partners);
      await measurement.connect(healthy);
      await measure(measurement);
    } finally {
      await partners.end();
      await gateway.stop();
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** Each change is of a place that one of the partners is told of. */
async function statuses(measurement: Measurement, row: Row): Promise<void> {
  await measurement.statuses(WARM_UP);
  await rest(SETTLED_MS);
  const { latencies, perSecond } = await measurement.statuses(STATUSES);
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  const partners = `${STATUS_PARTNERS} partners, ${STATUS_DEAD} dead`;
  row(`status to partner p50, ${perSecond.toFixed(0)}/s, ${partners}`, `${p50.toFixed(0)} ms`, '', null);
  row('the same, p99', `${p99.toFixed(0)} ms`, '<= 100 ms', p99 <= 100);
}

async function isolation(measurement: Measurement, row: Row): Promise<void> {
  await measurement.pauseDead();
  await measurement.latencies(WARM_UP);
  const rounds: { alone: number[]; beside: number[] }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await rest(SETTLED_MS);
    const alone = await measurement.latencies(ROUND);
    await measurement.resumeDead();
    await rest(SETTLED_MS);
    const beside = await measurement.latencies(ROUND);
    await measurement.pauseDead();
    rounds.push({ alone, beside });
  }
  const of = (side: 'alone' | 'beside', share: number): number =>
    median(rounds.map((round) => quantile(round[side], share)));
  const ratio = median(rounds.map(({ alone, beside }) => quantile(beside, 0.99) / quantile(alone, 0.99)));
  const shown = (side: 'alone' | 'beside'): string => `${of(side, 0.5).toFixed(0)}, ${of(side, 0.99).toFixed(0)} ms`;
  row(`event to partner p50, p99, ${PER_SECOND}/s, alone`, shown('alone'), '', null);
  row('the same beside ten partners that never answer', shown('beside'), '', null);
  row('ratio of the p99', ratio.toFixed(2), '<= 1.2', ratio <= 1.2);
}

async function backlog(measurement: Measurement, row: Row, count: number): Promise<void> {
  const { seconds, most, furthest, twice } = await measurement.drain(BACKLOG, count);
  const [total, drained] = [BACKLOG, count].map((one) => one.toLocaleString('en'));
  row(`deliveries a second, ${drained} from a backlog of ${total}`, `${(count / seconds).toFixed(0)} /s`, '', null);
  row(`memory meanwhile, heap limited to ${HEAP_MEGABYTES} MB`, `${most.toFixed(0)} MB`, '<= 350 MB', most <= 350);
  // As many are under way at once as the concurrency allows; nothing else changes places.
  row('furthest that one came before its turn', String(furthest), '<= 32', furthest <= 32);
  row('sent more than once', String(twice), '0', twice === 0);
}

class Measurement {
  private readonly dead: string[] = [];
  private healthy = 0;
  private serial = 0;

  constructor(
    private readonly gateway: MeasuredGateway,
    private readonly partners: MeasuredProcess,
  ) {}

  async connect(healthy: number): Promise<void> {
    const urls = await this.partners.ask<string[]>('urls');
    const ids = urls.map((_, index) => (index === 0 ? 'healthy' : `${index < healthy ? 'healthy' : 'dead'}-${index}`));
    this.healthy = healthy;
    this.dead.push(...ids.slice(healthy));
    await this.publish(partnerUpdated, ...urls.map((url, index) => this.partner(ids[index] ?? '', url, index)));
    for (;;) {
      const { items } = (await this.gateway.api('GET', '/delivery-queues')) as { items: { connected: boolean }[] };
      if (items.filter(({ connected }) => connected).length === ids.length) return;
      await rest();
    }
  }

  async pauseDead(): Promise<void> {
    for (const id of this.dead) await this.gateway.api('POST', `/delivery-queues/${id}/pause`, { reason: 'bench' });
  }

  async resumeDead(): Promise<void> {
    for (const id of this.dead) await this.gateway.api('POST', `/delivery-queues/${id}/resume`);
  }

  /** From the event on the log to its arrival at the healthy partner, in milliseconds. */
  async latencies(count: number): Promise<number[]> {
    await this.partners.ask('forget');
    const sent = new Map<string, number>();
    const begin = performance.now();
    for (let index = 0; index < count; index += 1) {
      const wait = begin + (index / PER_SECOND) * 1_000 - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      this.serial += 1;
      const id = `T${this.serial}`;
      sent.set(id, performance.timeOrigin + performance.now());
      const tariff = { ...(sampleTariffs()[0] as object), country_code: 'DE', party_id: 'VLT', id };
      await this.publish(tariffChanged, { key: `DE*VLT*${id}`, payload: { tariff } });
    }
    const arrivals = await this.partners.ask<Arrivals>('until', count);
    return arrivals.flatMap(([id, at]) => (sent.has(id) ? [at - (sent.get(id) ?? 0)] : []));
  }

  /** From the event on the log to its arrival at a healthy partner, in milliseconds. */
  async statuses(count: number): Promise<{ latencies: number[]; perSecond: number }> {
    await this.partners.ask('forget');
    const partners = this.healthy + this.dead.length;
    const sent = new Map<string, number>();
    const begin = performance.now();
    for (let index = 0; index < count; index += STATUSES_AT_ONCE) {
      const wait = begin + (index / STATUSES_PER_SECOND) * 1_000 - performance.now();
      if (wait > 0) await rest(wait);
      const events = Array.from({ length: STATUSES_AT_ONCE }, () => {
        this.serial += 1;
        const evse_uid = `E${this.serial}`;
        const partner = this.serial % partners;
        const place = { country_code: 'DE', party_id: ownParty(partner), location_id: `L${this.serial % 500}` };
        if (partner < this.healthy) sent.set(evse_uid, performance.timeOrigin + performance.now());
        const status = { evse_uid, status: 'CHARGING', previousStatus: 'AVAILABLE', last_updated: new Date() };
        return { key: `DE*${place.party_id}*${place.location_id}`, payload: { ...place, ...status } };
      });
      await this.publish(evseStatusChanged, ...events);
    }
    const perSecond = (count / (performance.now() - begin)) * 1_000;
    const arrivals = await this.partners.ask<Arrivals>('until', sent.size);
    return { perSecond, latencies: arrivals.flatMap(([id, at]) => (sent.has(id) ? [at - (sent.get(id) ?? 0)] : [])) };
  }

  /** As many deliveries as if the partner had been away for long. */
  async drain(
    backlog: number,
    count: number,
  ): Promise<{ seconds: number; most: number; furthest: number; twice: number }> {
    await this.partners.ask('forget');
    await this.gateway.api('POST', '/delivery-queues/healthy/pause', { reason: 'bench' });
    await this.fill(backlog);
    const begin = performance.now();
    await this.gateway.api('POST', '/delivery-queues/healthy/resume');
    let most = 0;
    while ((await this.partners.ask<number>('count')) < count) {
      most = Math.max(most, await this.residentMegabytes());
      await rest();
    }
    const seconds = (performance.now() - begin) / 1_000;
    const order = (await this.partners.ask<Arrivals>('until', count))
      .slice(0, count)
      .map(([id]) => Number(id.slice(1)));
    const furthest = order.reduce((far, number, index) => Math.max(far, number - 1 - index), 0);
    return { seconds, most, furthest, twice: order.length - new Set(order).size };
  }

  private async fill(count: number): Promise<void> {
    const tariff = { ...(sampleTariffs()[0] as object), country_code: 'DE', party_id: 'VLT' };
    const settings = { url: this.gateway.databaseUrl, poolSize: 2, applicationName: 'voltap-bench' };
    const database = await openDataSource(settings, [], []);
    try {
      await database.query(
        `insert into delivery (id, partner_id, kind, object_key, order_key, revision, exact, content, correlation_id)
         select gen_random_uuid(), 'healthy', 'tariff', 'tariff DE*VLT*B' || n, 'tariff DE*VLT*B' || n, 1, false,
                jsonb_build_object('kind', 'tariff', 'tariff', $1::jsonb || jsonb_build_object('id', 'B' || n)), 'bench-' || n
         from generate_series(1, $2::int) as n order by n`,
        [JSON.stringify(tariff), count],
      );
      await database.query('analyze delivery');
    } finally {
      await database.destroy();
    }
  }

  async residentMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.gateway.pid}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
  }

  private partner(partnerId: string, url: string, index: number): { key: string; payload: object } {
    const parties = ['VLT', ownParty(index)].map((party_id) => ({ country_code: 'DE', party_id, name: 'Voltap' }));
    const payload = {
      ...{ partnerId, name: partnerId, status: 'REGISTERED', profile: 'spec', settings: {}, parties },
      ...{ customerReferences: [], versions: ['2.3.0'], version: '2.3.0', inboundTokens: [] },
      roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP', business_details: { name: partnerId } }],
      endpoints: ['tariffs', 'locations'].map((identifier) => ({
        identifier,
        role: 'RECEIVER',
        url: `${url}/${identifier}`,
      })),
      outboundToken: this.gateway.seal('a token of the bench'),
    };
    return { key: partnerId, payload };
  }

  private async publish(
    { topic, name, version }: AnyEventDefinition,
    ...events: readonly { readonly key: string; readonly payload: object }[]
  ): Promise<void> {
    await this.gateway.bus.publish(
      events.map(({ key, payload }) => ({
        topic,
        key,
        headers: { event: name },
        value: JSON.stringify({
          ...{ id: randomUUID(), name, version, key, revision: 1, payload },
          occurredAt: new Date().toISOString(),
        }),
      })),
    );
  }
}

/** The party of ours that this partner alone deals with. */
function ownParty(index: number): string {
  return `P${index.toString().padStart(2, '0')}`;
}

function rest(milliseconds = LOOK_EVERY_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
