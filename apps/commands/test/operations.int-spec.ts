import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { operationsEndpoints, type ProjectionRecord, type SetAsideEventRecord } from '@voltap/contracts/back-office';
import { tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import { aTariff } from '@voltap/ocpi/testkit';
import type { RunningService } from '@voltap/platform/bootstrap';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { commands } from '../src/service.js';

const EVENTS = '/api/v1/services/commands/set-aside-events';
const PROJECTIONS = '/api/v1/services/commands/projections';

describe('the messaging of a service, as its operator sees it', () => {
  let platform: TestPlatform;
  let service: RunningService;
  let call: Call;

  const tariff = (id: string, revision: number) =>
    event(tariffChanged, { key: `DE*VLT*${id}`, revision, payload: { tariff: aTariff({ id }) } });
  const tariffs = async (): Promise<ProjectionRecord | undefined> => {
    const { body } = await call<{ items: ProjectionRecord[] }>('GET', PROJECTIONS);
    return body.items.find(({ name }) => name === 'tariff_projection');
  };

  beforeEach(async () => {
    platform = await testPlatform({ services: ['commands'] });
    const deletion = { country_code: 'DE', party_id: 'VLT', id: 'T2', deletedAt: '2026-01-01T00:00:00Z' };
    await platform.publish(
      tariff('T1', 1),
      tariff('T2', 1),
      tariff('T3', 1),
      event(tariffDeleted, { key: 'DE*VLT*T2', revision: 2, payload: deletion }),
    );
    service = await platform.start(commands);
    call = callsTo(service, platform.callerHeaders(anOperator()));
  });

  afterEach(() => platform.close());

  it('fills its projections from the topics while all other services are down, and builds them anew when asked', async () => {
    await waitUntil(async () => (await tariffs())?.rows === 2, { describe: 'two tariffs that are offered' });
    await waitUntil(async () => (await tariffs())?.rebuild?.state === 'DONE', { describe: 'the first filling' });
    const listed = await call('GET', PROJECTIONS);
    expect(operationsEndpoints.listProjections.response.parse(listed.body)).toEqual(listed.body);
    await platform.publish(tariff('T1', 3));
    const begun = await call('POST', `${PROJECTIONS}/tariff_projection/rebuild`);
    expect(begun.status).toBe(200);
    await waitUntil(
      async () => {
        const state = await tariffs();
        return state?.rebuild?.state === 'DONE' && state.rebuild.eventsRead >= 5;
      },
      { describe: 'the rebuild' },
    );
    expect((await tariffs())?.rows).toBe(2);
    expect((await call('POST', `${PROJECTIONS}/nothing/rebuild`)).status).toBe(404);
  });

  it('lists what could not be handled, shows it, and replays or discards it', async () => {
    const unreadable = (key: string) => ({
      topic: tariffChanged.topic,
      key,
      headers: {},
      value: JSON.stringify({
        id: randomUUID(),
        name: tariffChanged.name,
        key,
        revision: 9,
        payload: { tariff: 'none' },
      }),
    });
    await platform.platform.bus.publish([unreadable('DE*VLT*T7'), unreadable('DE*VLT*T8')]);
    const list = () =>
      call<{ items: SetAsideEventRecord[]; next: string | null }>('GET', `${EVENTS}?state=WAITING&limit=1`);
    await waitUntil(async () => (await list()).body.next !== null, { describe: 'two events set aside' });
    const { body } = await list();
    expect(operationsEndpoints.listEvents.response.parse(body)).toEqual(body);
    const rest = await call<{ items: SetAsideEventRecord[] }>('GET', `${EVENTS}?limit=10&cursor=${body.next}`);
    expect([body.items.length, rest.body.items.length]).toEqual([1, 1]);
    const id = body.items[0]?.id;
    const shown = await call('GET', `${EVENTS}/${id}`);
    expect(operationsEndpoints.readEvent.response.parse(shown.body)).toMatchObject({ kind: 'state', attempts: 0 });
    const replayed = await call('POST', `${EVENTS}/replay`, { ids: [id] });
    expect(operationsEndpoints.replayEvents.response.parse(replayed.body)).toMatchObject({
      replayed: 0,
      failed: [{ id }],
      waiting: 1,
    });
    const discarded = await call('POST', `${EVENTS}/${id}/discard`, { reason: 'written by a test' });
    expect(discarded.body).toMatchObject({ state: 'DISCARDED', reason: 'written by a test', attempts: 1 });
    expect((await call('POST', `${EVENTS}/${id}/discard`, { reason: 'once more' })).status).toBe(409);
    expect((await call('GET', `${EVENTS}/nine`)).status).toBe(404);
    expect((await callsTo(service)('GET', EVENTS)).status).toBe(401);
    const read = async () => (await fetch(`${service.url}/metrics`)).text();
    // A log that is slow to tell its lag is not waited for, and the outbox is emptied behind our back.
    const quiet = [
      /voltap_consumer_lag\{messaging_destination_name="voltap.tariff.changed.v1".*\} 0/,
      /voltap_outbox_backlog\{service_name="commands"\} 0/,
    ];
    const metrics = await waitUntil(
      async () => {
        const text = await read();
        return quiet.every((line) => line.test(text)) ? text : null;
      },
      { describe: 'no lag and no backlog' },
    );
    expect(metrics).toMatch(/voltap_set_aside_waiting\{.*voltap_event_kind="state".*\} 1/);
    expect(metrics).toMatch(/messaging_process_duration_bucket/);
    // Before the first start, of which there may be many at once.
    const outcomes = metrics.match(/^voltap_commands_outcomes_total\{.*\} 0$/gm) ?? [];
    expect(outcomes).toHaveLength(11);
    expect(outcomes.join()).toMatch(/"START_SESSION",voltap_result="TIMEOUT",voltap_decided_by="DEADLINE"/);
  });
});
