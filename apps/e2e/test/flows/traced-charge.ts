import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { playCharge } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { expectSettledOnce } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';
import { type ReceivedSpan, receiveTraces, type TraceStore } from '../stage/trace-receiver.js';

/** How each step of a charge came about, from the last to the first: `service span`. */
const WAYS = {
  'the outcome of the start': [
    'gateway commands.sender.result',
    'gateway deliver command-result',
    'gateway process voltap.command.completed.v1',
    'commands send voltap.command.completed.v1',
    'commands commands.answer',
    'gateway forward commands.answer',
    'gateway commands.answer',
  ],
  'the session as it grows': [
    'gateway sessions.receiver.put',
    'gateway deliver session',
    'gateway process voltap.session.changed.v1',
    'sessions send voltap.session.changed.v1',
  ],
  'the CDR': [
    'gateway cdrs.receiver.post',
    'gateway deliver cdr',
    'gateway process voltap.cdr.created.v1',
    'cdrs send voltap.cdr.created.v1',
    'cdrs process voltap.session.ended.v1',
    'sessions send voltap.session.ended.v1',
  ],
  'the acceptance of the CDR': [
    'payments process voltap.cdr.accepted.v1',
    'cdrs send voltap.cdr.accepted.v1',
    'cdrs process voltap.delivery.succeeded.v1',
    'gateway send voltap.delivery.succeeded.v1',
    'gateway deliver cdr',
  ],
  'the promise of the start': [
    'payments process voltap.command.accepted.v1',
    'commands send voltap.command.accepted.v1',
    'commands commands.receiver.startSession',
    'gateway forward commands.receiver.startSession',
    'gateway commands.receiver.startSession',
  ],
} as const;

/** One charge, seen in traces: every step has one, and each leads to the one that caused it. */
export function tracedCharge(
  platform: PlatformWishes = {},
  openStore: () => Promise<TraceStore> = receiveTraces,
): void {
  describe('a charge in traces', () => {
    let store: TraceStore;
    let stage: Stage;
    let reference: string;

    beforeAll(async () => {
      store = await openStore();
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: store.url, VOLTAP_TRACE_RATIO: '1' };
      stage = await openStage({ platform: { ...platform, environment: { ...platform.environment, ...environment } } });
      const played = await playCharge(stage.simulator, { ocpiVersion: '2.3.0' });
      reference = played.charge.authorizationReference;
      await expectSettledOnce(stage.simulator, reference);
    }, 900_000);
    afterAll(async () => {
      await stage?.close();
      await store?.close();
    });

    it.each(Object.entries(WAYS))('leads from %s back to what caused it', async (_step, way) => {
      let ways: string[][] = [];
      await waitUntil(
        async () => {
          ways = waysTo(await store.spans(reference), way[0]);
          return ways.some((each) => way.every((step, index) => each[index] === step));
        },
        { describe: `a way ${way.join(' ← ')}` },
      ).catch((error: unknown) => {
        const seen = new Set(ways.map((each) => each.join(' ← ')));
        throw new Error(`${error instanceof Error ? error.message : error}; there is ${[...seen].join(' and ')}`);
      });
    });

    it('names requests to stores, and none of what they hold', async () => {
      const spans = await store.spans(reference);
      const stores = new Set(spans.map(({ attributes }) => attributes['db.system.name']));
      expect(stores).toContain('postgresql');
      expect(spans.some(({ service, name }) => service === 'commands' && name === 'insert outbox')).toBe(true);
      if (platform.stack !== undefined) expect(stores).toContain('redis');
      const texts = spans.map(({ attributes }) => attributes['db.query.text'] ?? '').join();
      expect(texts).not.toContain(reference);
    });

    it('is what lines of the log name', async () => {
      const file = platform.stack === undefined ? 'voltap.log' : 'logs/gateway.log';
      const log = readFileSync(join(stage.platform.directory ?? '', file), 'utf8');
      const lines = log
        .split('\n')
        .filter((line) => line.includes('"authorizationReference"'))
        .map((line) => JSON.parse(line) as { readonly trace_id?: string; readonly authorizationReference?: string });
      const traces = new Set((await store.spans(reference)).map(({ traceId }) => traceId));
      const named = lines.filter((line) => line.authorizationReference === reference);
      expect(named.filter(({ trace_id = '' }) => traces.has(trace_id)).length).toBeGreaterThan(0);
    });
  });
}

/** From each span with the name, the way by parents and links. */
function waysTo(spans: readonly ReceivedSpan[], name: string | undefined): string[][] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans
    .filter((span) => nameOf(span) === name)
    .map((start) => {
      const way: string[] = [];
      for (let span: ReceivedSpan | undefined = start; span !== undefined; ) {
        way.push(nameOf(span));
        span = byId.get(span.parentSpanId ?? span.links[0] ?? '');
      }
      return way;
    });
}

function nameOf({ service, name }: ReceivedSpan): string {
  return `${service} ${name}`;
}
