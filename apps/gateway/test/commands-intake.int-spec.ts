import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayBench } from './gateway-bench.js';
import { envelope, sendJson } from './service-double.js';

const START = '/ocpi/cpo/2.2.1/commands/START_SESSION';
const RESPONSE_URL = 'https://ptp.example/ocpi/commands/START_SESSION/42';

describe('the intake of commands', () => {
  let bench: GatewayBench;
  const command = (changes: Record<string, unknown> = {}) => ({
    response_url: RESPONSE_URL,
    location_id: 'LOC1',
    authorization_reference: 'REF1',
    unknown_field: { kept: [1, null] },
    ...changes,
  });
  const post = (body: unknown, path = START) =>
    bench.ocpi('payter', 'POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body) });
  const answerWith = (result: string) => {
    bench.services.commands.answer = (_arrived, response) => sendJson(response, 200, envelope({ result, timeout: 30 }));
  };
  const forwarded = () => JSON.parse(bench.services.commands.arrived[0]?.body ?? 'null') as Record<string, unknown>;
  const storedAt = (id: string) => bench.platform.platform.correlation.find(id);

  beforeAll(async () => {
    bench = await GatewayBench.start({ VOLTAP_GATEWAY_CALLBACK_HOURS: '5' });
    await bench.admit(bench.partner('payter'));
  });

  beforeEach(async () => {
    bench.reset();
    await bench.database.reader.query('delete from callback');
  });

  afterAll(() => bench?.close());

  it('keeps the response_url of an accepted command, durably, and hands on a correlation id in its place', async () => {
    let seenByCommands: unknown;
    bench.services.commands.answer = async (_arrived, response) => {
      seenByCommands = await bench.callbackRows();
      sendJson(response, 200, envelope({ result: 'ACCEPTED', timeout: 30 }));
    };
    expect(await post(command())).toMatchObject({ http: 200, status: 1000, data: { result: 'ACCEPTED' } });
    const { response_url, ...rest } = forwarded();
    const { response_url: _, ...sent } = command();
    expect(rest).toEqual(sent);
    const id = String(response_url).replace(/^voltap:correlation:/, '');
    expect(id).not.toBe(response_url);
    // It was there before the command was promised, not after.
    expect(seenByCommands).toMatchObject([
      {
        correlation_id: id,
        partner_id: 'payter',
        response_url: RESPONSE_URL,
        command: 'START_SESSION',
        authorization_reference: 'REF1',
        claimed_by: null,
      },
    ]);
    expect(await bench.callbacks.find(id)).toEqual({ partnerId: 'payter', responseUrl: RESPONSE_URL });
    expect(await storedAt(id)).toBe(RESPONSE_URL);
  });

  it('lets one owner claim a callback, who may repeat it', async () => {
    answerWith('ACCEPTED');
    await post(command());
    const id = String(forwarded().response_url).replace(/^voltap:correlation:/, '');
    const claims = await Promise.all(['a', 'b', 'c'].map((owner) => bench.callbacks.claim(id, owner)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    const owner = ['a', 'b', 'c'][claims.indexOf(true)] ?? '';
    expect(await bench.callbacks.claim(id, owner)).toBe(true);
    expect(await bench.callbacks.claim('unheard-of', 'a')).toBe(false);
  });

  it('keeps the callback of a reservation past its end, for the result and for its cancellation (CMD-25)', async () => {
    answerWith('ACCEPTED');
    const expiry_date = new Date(Date.now() + 48 * 3_600_000).toISOString();
    const reserve = { ...command(), reservation_id: 'R1', expiry_date };
    await bench.ocpi('payter', 'POST', '/ocpi/cpo/2.3.0/commands/RESERVE_NOW', { body: JSON.stringify(reserve) });
    const [row] = await bench.callbackRows();
    const keptHours = (Number(row?.expires_at) - Date.now()) / 3_600_000;
    expect([keptHours > 52.9, keptHours < 54.1]).toEqual([true, true]);
    const id = String(row?.correlation_id);
    expect(await bench.callbacks.claim(id, 'result')).toBe(true);
    expect(await bench.callbacks.claim(id, 'cancellation', 2)).toBe(true);
    expect(await bench.callbacks.claim(id, 'another', 2)).toBe(false);
    expect(await bench.callbacks.claim(id, 'cancellation', 2)).toBe(true);
  });

  it('keeps as many callbacks as there were requests, each with an id of its own', async () => {
    answerWith('ACCEPTED');
    await Promise.all([post(command()), post(command()), post(command({ authorization_reference: 'REF2' }))]);
    const rows = await bench.callbackRows();
    expect(new Set(rows.map((row) => row.correlation_id)).size).toBe(3);
    expect(rows.map((row) => row.authorization_reference).sort()).toEqual(['REF1', 'REF1', 'REF2']);
  });

  it.each(['REJECTED', 'NOT_SUPPORTED', 'UNKNOWN_SESSION'])(
    'leaves nothing behind after %s (CMD-06)',
    async (result) => {
      answerWith(result);
      expect(await post(command())).toMatchObject({ status: 1000, data: { result } });
      const id = String(forwarded().response_url).replace(/^voltap:correlation:/, '');
      expect(await bench.callbackRows()).toEqual([]);
      expect(await storedAt(id)).toBeNull();
    },
  );

  it('leaves nothing behind when the command was refused, or could not be handed on', async () => {
    bench.services.commands.answer = (_arrived, response) => sendJson(response, 200, envelope(undefined, 2003));
    expect(await post(command())).toMatchObject({ http: 200, status: 2003 });
    expect(await bench.callbackRows()).toEqual([]);
    await bench.services.commands.stop();
    try {
      expect(await post(command())).toMatchObject({ http: 200, status: 3000 });
    } finally {
      await bench.services.commands.start();
    }
    expect(await bench.callbackRows()).toEqual([]);
  });

  it('keeps the callback when the answer was lost: the command may have been promised', async () => {
    bench.services.commands.answer = (_arrived, response) => {
      response.destroy();
    };
    expect(await post(command())).toMatchObject({ http: 200, status: 3000 });
    expect(bench.services.commands.arrived).toHaveLength(1);
    expect(await bench.callbackRows()).toHaveLength(1);
  });

  it.each([
    ['no JSON', '{"response_url": "https://ptp.example/x"'],
    ['no object', '["https://ptp.example/x"]'],
    ['no response_url', '{"location_id":  "LOC1"}'],
    ['a response_url that is no text', '{"response_url": 7}'],
  ])('passes %s on unchanged, for the service to refuse', async (_what, text) => {
    await post(text);
    expect(bench.services.commands.arrived[0]?.body).toBe(text);
    expect(await bench.callbackRows()).toEqual([]);
  });

  it('hands on a command without a body', async () => {
    expect(await bench.ocpi('payter', 'POST', START)).toMatchObject({ http: 200, status: 1000 });
    expect(bench.services.commands.arrived[0]?.body).toBe('');
  });

  it.each([
    'http://ptp.example/x',
    'ftp://ptp.example/x',
    '/ocpi/commands/1',
    'javascript:alert(1)',
    'voltap:correlation:00000000-0000-0000-0000-000000000000',
    `https://ptp.example/${'x'.repeat(2048)}`,
  ])('takes out a response_url that may not be called: %.60s', async (url) => {
    await post(command({ response_url: url }));
    expect(forwarded().response_url).toBeNull();
    expect(await bench.callbackRows()).toEqual([]);
  });

  it('forgets a callback when its time is over', async () => {
    answerWith('ACCEPTED');
    await post(command());
    const [row] = await bench.callbackRows();
    const hours = (Date.parse(String(row?.expires_at)) - Date.parse(String(row?.opened_at))) / 3_600_000;
    expect(hours).toBeCloseTo(5, 2);
    await bench.callbacks.prune();
    expect(await bench.callbackRows()).toHaveLength(1);
    await bench.database.reader.query(`update callback set expires_at = clock_timestamp() - interval '1 second'`);
    await bench.callbacks.prune();
    expect(await bench.callbackRows()).toEqual([]);
  });
});
