import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeliveryDetails, DeliveryQueueRecord, DeliveryRecord } from '@voltap/contracts/back-office';
import { waitUntil } from '@voltap/platform/testing';
import { openStage, registerAndCrawl, type Stage } from './stage/stage.js';
import { backOfficeOf, runVoltap } from './stage/voltap.js';

describe('voltap deliveries', () => {
  let stage: Stage;
  let partner: string;
  beforeAll(async () => {
    stage = await openStage();
    partner = (await registerAndCrawl(stage.simulator, '2.3.0')).partnerId;
  });
  afterAll(async () => {
    await stage?.close();
  });

  const voltap = (...words: string[]) => runVoltap(['deliveries', ...words], backOfficeOf(stage.platform));
  async function json<Answer>(...words: string[]): Promise<Answer> {
    const { code, out } = await voltap(...words, '--json');
    expect(code).toBe(0);
    return JSON.parse(out) as Answer;
  }

  it('tells a partner a module again, and shows what became of each object', async () => {
    const said = await voltap('resync', partner, 'tariffs');
    expect(said).toMatchObject({ code: 0, error: '' });
    const planned = Number(/^(\d+) of tariffs are to be sent/.exec(said.out)?.[1]);
    expect(planned).toBeGreaterThan(0);
    const sent = await waitUntil(
      async () => {
        const found = await json<DeliveryRecord[]>('list', '--module', 'tariffs', '--state', 'SUCCEEDED');
        return found.length >= planned ? found : null;
      },
      { describe: 'all tariffs at the partner' },
    );
    const [first] = sent;
    const { out } = await voltap('list', '--partner', partner, '--object', first?.objectKey ?? '', '--limit', '1');
    expect(out).toMatch(/^ID +PARTNER +KIND +STATE +TRIED +SINCE +OBJECT\n/);
    expect(out).toContain(`tariff  SUCCEEDED  1`);
    const details = await json<DeliveryDetails>('show', first?.id ?? '');
    expect(details.history).toMatchObject([{ outcome: 'accepted', exchanges: [{ method: 'PUT', httpStatus: 200 }] }]);
    const shown = await voltap('show', first?.id ?? '', '--bodies');
    expect(shown.out).toMatch(/^state +SUCCEEDED at /m);
    expect(shown.out).toContain(`request ${details.history[0]?.requestId}`);
    expect(shown.out).toMatch(/^ {6}> \{.*"currency":"EUR"/m);
    expect(shown.out).toMatch(/^ {6}< \{.*"status_code":1000/m);
    expect(await voltap('give-up', first?.id ?? '', '--reason', 'by a test')).toMatchObject({ code: 1 });
    expect(await voltap('resend', first?.id ?? '')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^In line again: tariff /),
    });
  });

  it('pauses and resumes a partner, and says why its queue stands still', async () => {
    const paused = await voltap('pause', partner, '--reason', 'their window');
    expect(paused.out).toMatch(/: paused by key \w+: their window; \d+ wait\.$/m);
    expect((await voltap('queues')).out).toMatch(/paused by key \w+: their window/);
    expect((await voltap('resume', partner)).out).toMatch(/: open; \d+ wait\.$/m);
    const queues = await json<DeliveryQueueRecord[]>('queues');
    expect(queues).toMatchObject([{ partnerId: partner, connected: true, paused: null }]);
  });

  it('knows what is meant, and says what is not', async () => {
    expect((await voltap('resync', partner, 'tokens')).code).toBe(2);
    expect((await voltap('list', '--from', 'yesterday')).code).toBe(2);
    expect((await voltap('pause', partner)).code).toBe(2);
    expect((await voltap('show', 'nothing')).code).toBe(1);
    expect((await voltap('pause', 'nobody', '--reason', 'x')).error).toMatch(/There is no partner nobody/);
  });
});
