import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { type DeliverySettled, deliverySucceeded, tariffChanged } from '@voltap/contracts/events';
import type { AnyEventDefinition } from '@voltap/kernel';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import type { EventBus } from '@voltap/platform/messaging';
import { createLogger } from '@voltap/platform/telemetry';
import { waitUntil } from '@voltap/platform/testing';
import { type RunningPlatform, startPlatform } from './stage/running-platform.js';
import { backOfficeOf, runVoltap } from './stage/voltap.js';

interface Listed {
  readonly service: string;
  readonly id: string;
  readonly key: string;
  readonly kind: string;
}

describe('voltap events, projections and the metrics of all', () => {
  let platform: RunningPlatform;
  let bus: EventBus;
  beforeAll(async () => {
    platform = await startPlatform({ environment: {} });
    const url = (await platform.stores?.databaseUrl('bus')) ?? '';
    bus = new EmbeddedEventBus({ url, logger: createLogger({ level: 'silent', service: 'test' }) });
  });
  afterAll(async () => {
    await bus?.close();
    await platform?.stop();
  });

  const voltap = (...words: string[]) => runVoltap(words, backOfficeOf(platform));
  const waiting = async (...words: string[]): Promise<Listed[]> => {
    const { code, out, error } = await voltap('events', 'list', ...words, '--json');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    return JSON.parse(out) as Listed[];
  };
  const record = ({ topic, name, version }: AnyEventDefinition, key: string, payload: unknown) => ({
    topic,
    key,
    headers: { event: name },
    value: JSON.stringify({
      ...{ id: randomUUID(), name, version, key, revision: 1, payload },
      occurredAt: new Date().toISOString(),
    }),
  });
  const delivery: DeliverySettled = {
    ...{ deliveryId: randomUUID(), partnerId: 'P', kind: 'command-result', objectKey: 'C-1', revision: 1, attempts: 1 },
    ...{ location: null, reason: null, at: new Date().toISOString() },
  };

  it('has nothing to tell of a platform that is well', async () => {
    expect(await voltap('events', 'list')).toEqual({ code: 0, out: 'none\n', error: '' });
  });

  it('lists what no service could read, shows it, and gives it up with a reason', async () => {
    await bus.publish([record(tariffChanged, 'DE*VLT*T7', { tariff: 'none' })]);
    const found = await waitUntil(
      async () => {
        const events = await waiting();
        return ['commands', 'gateway', 'sessions'].every((name) => events.some(({ service }) => service === name))
          ? events
          : false;
      },
      { describe: 'the event to be set aside by those who listen' },
    );
    const { id } = found.find(({ service }) => service === 'commands') ?? { id: '' };
    const list = await voltap('events', 'list', 'commands');
    expect(list.out).toMatch(/^SERVICE +ID +KIND +STATE +SET ASIDE/);
    expect(list.out).toMatch(new RegExp(`^commands +${id} +state +WAITING .* DE\\*VLT\\*T7$`, 'm'));
    const shown = await voltap('events', 'show', 'commands', id);
    expect(shown.out).toMatch(/^content +\{.*"tariff":"none"/m);
    const again = await voltap('events', 'replay', 'commands', id);
    expect(again).toMatchObject({ code: 1, error: expect.stringMatching(/1 still wait in commands/) });
    expect(again.out).toMatch(/0 replayed, 1 still wait[\s\S]*failed again/);
    const discarded = await voltap('events', 'discard', 'commands', id, '--reason', 'written by a test');
    expect(discarded).toMatchObject({ code: 0, out: expect.stringMatching(/^Given up: event/) });
    expect((await voltap('events', 'discard', 'commands', id, '--reason', 'again')).code).toBe(1);
    expect(await waiting('commands')).toEqual([]);
    expect(await waiting('commands', '--state', 'DISCARDED')).toMatchObject([{ id, service: 'commands' }]);
  });

  it('replays what was held back behind an event that was given up', async () => {
    const key = 'P*command-result*C-1';
    await bus.publish([record(deliverySucceeded, key, 'unreadable'), record(deliverySucceeded, key, delivery)]);
    await waitUntil(async () => (await waiting('cdrs')).length === 2, { describe: 'both events of the key' });
    const [first] = await waiting('cdrs', '--kind', 'money');
    expect((await voltap('events', 'replay', 'cdrs', '--key', key)).out).toMatch(/0 replayed, 2 still wait/);
    await voltap('events', 'discard', 'cdrs', first?.id ?? '', '--reason', 'written by a test');
    expect(await voltap('events', 'replay', 'cdrs', '--key', key)).toMatchObject({
      code: 0,
      out: '1 replayed, 0 still wait.\n',
    });
    expect(await waiting('cdrs')).toEqual([]);
  });

  it('builds a projection anew and waits for it', async () => {
    const rebuilt = await voltap('projections', 'rebuild', 'commands', 'tariff_projection');
    expect(rebuilt).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^tariff_projection of commands: 0 rows, done /),
    });
    expect(rebuilt.out).toMatch(/1 unreadable/);
    const { out } = await voltap('projections', 'list');
    expect(out).toMatch(/^commands +tariff_projection +0 +done .* voltap\.tariff\.changed\.v1/m);
    expect(out).toMatch(/^gateway /m);
    expect((await voltap('projections', 'rebuild', 'commands', 'nothing')).code).toBe(1);
  });

  it('knows what is meant, and says what is not', async () => {
    const unselected = await voltap('events', 'replay', 'cdrs');
    expect(unselected).toMatchObject({ code: 2, error: expect.stringMatching(/--all/) });
    const stranger = await voltap('events', 'list', 'nobody');
    expect(stranger).toMatchObject({ code: 2, error: expect.stringMatching(/Allowed choices are gateway/) });
    expect((await voltap('complete', '--', 'events', 'show', 'c')).out).toBe('cdrs\ncommands\ncredentials\n');
    expect((await voltap('complete', '--', 'events', 'list', '--state', 'W')).out).toBe('WAITING\n');
    expect((await voltap('events', '--help')).out).toMatch(/Examples:/);
  });

  it('finds the metrics of all services at the health port, each once', async () => {
    const metrics = await (await fetch(`${platform.healthUrl}/metrics`)).text();
    expect(metrics.match(/^# TYPE voltap_outbox_backlog gauge$/gm)).toHaveLength(1);
    for (const service of SERVICE_NAMES) {
      expect(metrics).toContain(`voltap_service_ready{service="${service}"} 1\n`);
      expect(metrics).toContain(`voltap_outbox_backlog{service_instance_id="${service}",service_name="${service}"} `);
    }
    expect(metrics).toMatch(/^voltap_set_aside_waiting\{service_instance_id="gateway",.*\} 1$/m);
    for (const line of metrics.split('\n')) expect(line).toMatch(/^(#.*|[a-z_:]+(\{.*\})? [\d.e+-]+|)$/);
  });
});
