import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type Json, type JsonObject, playCharge } from '@voltap/simulator';
import { asObject, expectSettledOnce } from './stage/settled-charge.js';
import { openStage, type Stage } from './stage/stage.js';
import { receiveTraces, type TraceStore } from './stage/trace-receiver.js';

/** What stands in every secret that this test makes up. */
const MARK = 'unspeakable';
const CARD = '4111111111111111';
const CARD_IN_GROUPS = '5555 5555 5555 4444';
/** PostgreSQL takes no zero character: the statement fails, with its values at hand. */
const POISON = '\u0000';

let made = 0;
const secret = (): string => {
  made += 1;
  return `${MARK}-${made}-${'z'.repeat(24)}`;
};

describe('the log, at its most talkative', () => {
  let stage: Stage;
  let traces: TraceStore;
  let played: Awaited<ReturnType<typeof playCharge>>;

  beforeAll(async () => {
    traces = await receiveTraces();
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, VOLTAP_TRACE_RATIO: '1' };
    stage = await openStage({ platform: { logLevel: 'trace', environment } });
    played = await playCharge(stage.simulator, { minutes: 2, ocpiVersion: '2.3.0' });
    await expectSettledOnce(stage.simulator, played.charge.authorizationReference);
    await feed(stage, played.charge.token);
  });
  afterAll(async () => {
    await stage?.close();
    await traces?.close();
  });

  const log = () => readFileSync(join(stage.platform.directory ?? '', 'voltap.log'), 'utf8');

  it('has heard all of it', async () => {
    await waitUntil(() => log().includes('the last that was fed'), { describe: 'the last request to be logged' });
    expect(log()).toContain('"level":20');
    expect(log().match(/"msg":"exchange"/g)?.length).toBeGreaterThan(30);
    // Statements did fail with secrets in their values.
    expect(log()).toContain('QueryFailedError');
  });

  it('says none of the secrets that were made up', () => {
    expect(linesWith(log(), [MARK, Buffer.from(MARK).toString('base64').slice(0, 12)])).toEqual([]);
  });

  it('says no token, key, response URL or card line of a real charge', () => {
    const { state, registration } = stage.simulator.ptp.store;
    const { ownToken, acceptedToken } = registration;
    const confirmations = Object.values(state.confirmations).map(({ confirmation }) => confirmation);
    const cards = confirmations.flatMap(({ eft_data }) => eft_data as string[]).filter((line) => line.length > 7);
    const callbacks = Object.values(state.charges).flatMap(({ commands }) =>
      commands.map(({ callbackId }) => callbackId),
    );
    expect(cards.length).toBeGreaterThan(2);
    expect(callbacks.length).toBeGreaterThan(1);
    const tokens = [ownToken, acceptedToken, state.offeredToken, stage.platform.apiKey].filter((each) => each !== null);
    const encoded = tokens.map((token) => Buffer.from(token).toString('base64'));
    expect(linesWith(log(), [...tokens, ...encoded, ...callbacks, ...cards])).toEqual([]);
  });

  it('says no number of a card', () => {
    expect(linesWith(log(), [CARD, CARD_IN_GROUPS, CARD_IN_GROUPS.replaceAll(' ', '')])).toEqual([]);
  });

  it('nor do the traces', async () => {
    const spans = await waitUntil(
      async () => {
        const found = await traces.spans(played.charge.authorizationReference);
        return found.length > 20 && found;
      },
      { describe: 'the spans of the charge, which are sent now and then' },
    );
    const { ownToken, acceptedToken } = stage.simulator.ptp.store.registration;
    expect(linesWith(JSON.stringify(spans), [MARK, CARD, ownToken, acceptedToken, stage.platform.apiKey])).toEqual([]);
  });
});

function linesWith(text: string, secrets: readonly string[]): string[] {
  return text.split('\n').filter((line) => secrets.some((each) => line.includes(each)));
}

/** Secrets and card data through every door, where they belong and where they do not. */
async function feed({ platform, simulator }: Stage, token: JsonObject): Promise<void> {
  const { ownToken } = simulator.ptp.store.registration;
  const known = `Token ${Buffer.from(ownToken).toString('base64')}`;
  const ask = async (url: string, method: string, authorization: string, body?: Json | string) => {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const headers = { authorization, 'content-type': 'application/json', cookie: `session=${secret()}` };
    const answer = await fetch(url, { method, headers, body: text });
    await answer.arrayBuffer();
  };
  const ocpi = (path: string, method: string, body?: Json | string, authorization = known) =>
    ask(`${platform.gatewayUrl}/ocpi/cpo/2.3.0/${path}`, method, authorization, body);
  const api = (path: string, method: string, body?: Json | string, key = platform.apiKey) =>
    ask(`${platform.backOfficeUrl}/api/v1/${path}`, method, `Bearer ${key}`, body);

  // Tokens and keys that nobody has, and bodies that are none.
  for (const authorization of [`Token ${secret()}`, `Token ${Buffer.from(secret()).toString('base64')}`, secret()])
    for (const path of ['versions', 'locations', 'commands/START_SESSION'])
      await ocpi(path, path.startsWith('commands') ? 'POST' : 'GET', undefined, authorization);
  await api('partners', 'GET', undefined, secret());
  await ocpi('commands/START_SESSION', 'POST', `{"token": "${secret()}", ${CARD} `);
  await api('partners', 'POST', `{"tokenA": "${secret()}", ${CARD} `);

  // A partner's credentials, and an operator's.
  const credentials = { token: secret(), url: `https://user:${secret()}@127.0.0.1:9/v?key=${secret()}`, roles: [] };
  await ocpi('credentials', 'PUT', credentials);
  await ocpi('credentials', 'POST', { ...credentials, url: 'https://127.0.0.1:9/versions' });
  await api('partners', 'POST', { name: 'x', token: secret(), versionsUrl: `https://127.0.0.1:9/?key=${secret()}` });

  // Commands: addresses with keys in them, drivers' tokens.
  const { locationId, evseUid, connectorId } = Object.values(simulator.ptp.store.state.charges)[0] ?? {};
  const start = (change: JsonObject) =>
    ocpi('commands/START_SESSION', 'POST', {
      response_url: `http://127.0.0.1:9/back?key=${secret()}`,
      token: { ...token, uid: `u-${secret()}`.slice(0, 36), contract_id: secret().slice(0, 36), visual_number: CARD },
      location_id: locationId ?? '',
      evse_uid: evseUid ?? '',
      connector_id: connectorId ?? '',
      authorization_reference: `silent-${made}`,
      ...change,
    });
  await start({});
  await start({ response_url: `ftp://${secret()}` });
  await start({ response_url: `http://${secret()}.invalid/${CARD}?${secret()}` });
  await start({ authorization_reference: `silent${POISON}` });
  await start({ response_url: `http://127.0.0.1:9/${secret()}${POISON}` });
  await start({ token: { ...token, visual_number: `${secret()}${POISON}` } });

  // Confirmations: card lines, and numbers where none belongs.
  const { confirmation } = Object.values(simulator.ptp.store.state.confirmations)[0] ?? {};
  for (const change of [
    { id: 'silent-1', eft_data: [`PAN ${CARD}`, `PAN ${CARD_IN_GROUPS}`, secret()] },
    { id: 'silent-2', eft_data: `PAN ${CARD} ${secret()}` },
    { id: 'silent-3', eft_data: [`${secret()}${POISON}`] },
    { id: `silent${POISON}`, eft_data: [secret()] },
    { id: 'silent-4', eft_data: 17, capture_status_message: CARD_IN_GROUPS },
    { id: 'silent-5', capture_status_message: `card ${CARD}`, eft_data: [secret()] },
  ])
    await ocpi('payments/financial-advice-confirmations', 'POST', { ...asObject(confirmation), ...change });
  await ocpi(`tokens/DE/ABC/${secret().slice(0, 36)}`, 'PUT', {
    uid: secret(),
    visual_number: CARD,
    eft_data: secret(),
  });
  await ocpi(`payments/terminals/${CARD}`, 'GET');
  await fetch(`${platform.gatewayUrl}/receipts/${secret()}?card=${CARD}`).then((answer) => answer.arrayBuffer());
  await api(`confirmations?cursor=${secret()}&card=${CARD}`, 'GET');
  await api(`reconciliation/${CARD}%00${secret()}`, 'GET');
  await api('payouts', 'POST', `reference;amount\n${CARD};${secret()}\n`);

  // By its correlation id, which is logged as it is.
  await fetch(`${platform.gatewayUrl}/ocpi/cpo/versions`, {
    headers: { authorization: known, 'x-correlation-id': 'the last that was fed' },
  }).then((answer) => answer.arrayBuffer());
}
