import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeliveryDetails } from '@voltap/contracts/back-office';
import { deliveryExhausted } from '@voltap/contracts/events';
import { aCdr, aLocation, aSession, aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { DeliveryStage, OUR_TOKEN, statusTime, told } from './delivery-stage.js';
import { MisbehavingPartner } from './misbehaving-partner.js';

describe('what an operator sees and does of deliveries', () => {
  let stage: DeliveryStage;
  let partner: MisbehavingPartner;
  let exhausted: readonly { payload: { objectKey: string; reason: string | null } }[];
  let serial = 0;

  const id = (prefix: string) => `${prefix}${++serial}`;
  const arrived = (path: string) => waitUntil(() => partner.objects.get(path), { describe: `${path} at the partner` });
  /** As the gateway keeps the response URL of a command. */
  const callback = (correlationId: string, responseUrl: string) =>
    stage.sql(
      `insert into callback (correlation_id, partner_id, response_url, command, expires_at)
       values ($1, 'partner', $2, 'START_SESSION', now() + interval '1 hour')`,
      [correlationId, responseUrl],
    );

  beforeAll(async () => {
    stage = await DeliveryStage.start();
    partner = await MisbehavingPartner.start();
    exhausted = await stage.platform.observe(deliveryExhausted);
    await stage.tell(stage.partner(partner.url, 1));
    await stage.publish(told.tariff('T1', 1));
    await arrived('/tariffs/DE/VLT/T1');
  });
  beforeEach(() => {
    partner.behave = () => 'accept';
  });
  afterAll(async () => {
    await stage?.close();
    await partner?.stop();
  });

  it('keeps each exchange, and nothing secret or personal of it', async () => {
    const secrets = {
      token: OUR_TOKEN,
      base64: Buffer.from(OUR_TOKEN).toString('base64'),
      path: 'callback-path-0815',
      query: 'callback-key-4712',
      card: 'VISA ************1234',
      driver: 'DRIVER-UID-77',
      contract: 'CONTRACT-ID-88',
      theirs: 'their-own-token-99',
    };
    const url = `${partner.url}/result/${secrets.path}?key=${secrets.query}`;
    const correlationId = id('correlation-');
    await callback(correlationId, url);
    let turn = 0;
    // A partner that repeats in its answers all that it was sent, and more.
    partner.behave =
      ({ path }) =>
      (response: ServerResponse) => {
        const called = path.startsWith('/result') ? url : path;
        const status_message = `no: ${secrets.token} ${secrets.base64} ${called}`;
        const data = {
          token: secrets.theirs,
          eft_data: [secrets.card],
          response_url: url,
          cdr_token: { uid: secrets.driver },
        };
        const body = JSON.stringify({ status_code: 3000, status_message, data });
        const headers = {
          'x-echo': `${secrets.token} ${called}`,
          'set-cookie': `session=${secrets.theirs}`,
          location: called,
        };
        turn += 1;
        response.writeHead(turn % 2 === 0 ? 200 : 500, headers).end(turn % 2 === 0 ? body : body.slice(0, -1));
      };
    const cdr_token = { ...aSession().cdr_token, uid: secrets.driver, contract_id: secrets.contract };
    const session = aSession({ id: id('S'), cdr_token });
    await stage.publish(
      told.session(session, 1),
      told.result(id('command-'), [`voltap:correlation:${correlationId}`]),
      told.cdr(aCdr({ id: id('C'), session_id: undefined, cdr_token })),
    );
    await waitUntil(
      async () =>
        (await stage.list('state=PENDING')).filter(({ attempts }) => attempts >= 3).length === 3 &&
        partner.received.some(({ path }) => path.includes(secrets.path)),
      { describe: 'several attempts of all three' },
    );
    const rows = await stage.sql<{ row: string }>(
      `select row_to_json(x)::text as row from exchange x union all select row_to_json(a)::text from delivery_attempt a
       union all select last_reason from delivery where last_reason is not null`,
    );
    const log = rows.map(({ row }) => row).join('\n');
    expect(log.length).toBeGreaterThan(1_000);
    expect(Object.entries(secrets).filter(([, secret]) => log.includes(secret))).toEqual([]);
    expect(log.includes('[redacted]')).toBe(true);
    // Cookies and authorization are shown as hidden, the rest as it was.
    const [exchange] = await stage.sql<{ request_headers: object; request_body: string; response_headers: object }>(
      `select * from exchange where method = 'PUT' and url like '%/sessions/%' order by id limit 1`,
    );
    expect(exchange?.request_headers).toMatchObject({ authorization: '[redacted]', 'ocpi-from-party-id': 'VLT' });
    expect(JSON.parse(exchange?.request_body ?? '')).toEqual({
      ...session,
      cdr_token: { ...cdr_token, uid: '[redacted]', contract_id: '[redacted]' },
    });
    // Also the one that takes it repeats where it was sent.
    partner.behave = ({ path, body }) => {
      if (!path.startsWith('/result')) return 'accept';
      partner.results.push(body);
      return (response: ServerResponse) =>
        response.writeHead(201, { location: url }).end(JSON.stringify({ status_code: 1000, timestamp: statusTime(1) }));
    };
    await stage.api('POST', '/delivery-queues/partner/resume');
    await stage.quiet();
    expect(partner.results).toHaveLength(1);
    const kept = await stage.sql<{ row: string }>('select row_to_json(d)::text as row from delivery d');
    const where = [secrets.path, secrets.query];
    expect(where.filter((secret) => kept.some(({ row }) => row.includes(secret)))).toEqual([]);
  });

  it('removes exchanges by age, and keeps what became of the delivery', async () => {
    await stage.sql(`update exchange set at = at - interval '8 days'`);
    await stage.restart();
    await waitUntil(async () => (await stage.sql('select 1 from exchange')).length === 0, {
      describe: 'them to be gone',
    });
    const [delivery] = await stage.list('kind=cdr');
    expect((await stage.details(delivery?.id)).history.at(-1)).toMatchObject({ outcome: 'accepted', exchanges: [] });
  });

  it('finds deliveries by partner, module, object, state, charge and time', async () => {
    const [location, reference] = [id('L'), id('AUTH-')];
    const session = aSession({ id: id('S'), authorization_reference: reference, status: 'COMPLETED' });
    const cdr = aCdr({ id: id('C'), session_id: session.id, authorization_reference: reference });
    const from = new Date().toISOString();
    await stage.publish(told.location(aLocation({ id: location }), 1), told.session(session, 1), told.cdr(cdr));
    await waitUntil(() => partner.cdrs.has(cdr.id), { describe: 'the CDR' });
    await arrived(`/locations/DE/VLT/${location}`);
    await stage.publish(told.status(location, 'CHARGING', 2));
    await arrived(`/locations/DE/VLT/${location}/E1`);
    await stage.quiet();
    const found = async (query: string) => (await stage.list(query)).map(({ kind }) => kind).sort();
    expect(await found(`authorizationReference=${reference}`)).toEqual(['cdr', 'session']);
    expect(await found(`object=${location}`)).toEqual(['evse-status', 'location']);
    expect(await found(`object=${session.id}&module=sessions`)).toEqual(['session']);
    expect(await found(`object=${encodeURIComponent(`DE*VLT*${cdr.id}`)}&state=SUCCEEDED`)).toEqual(['cdr']);
    expect(await found(`object=${cdr.id}&partnerId=nobody`)).toEqual([]);
    expect(await found(`from=${from}&module=locations`)).toEqual(['evse-status', 'location']);
    expect(await found(`to=${from}&object=${location}`)).toEqual([]);
    expect(await found(`module=cdrs&kind=session`)).toEqual([]);
    const page = await stage.api<{ items: { id: string }[]; next: string }>('GET', '/deliveries?limit=2');
    const next = await stage.api<{ items: { id: string }[] }>('GET', `/deliveries?limit=2&cursor=${page.body.next}`);
    expect(new Set([...page.body.items, ...next.body.items].map((one) => one.id)).size).toBe(4);
  });

  it('pauses a partner, and sends it the newest of all when it is resumed', async () => {
    const name = id('T');
    const paused = await stage.api('POST', '/delivery-queues/partner/pause', { reason: 'their window' });
    expect(paused.body).toMatchObject({ paused: { by: 'test', reason: 'their window' } });
    const before = partner.received.length;
    await stage.publish(told.tariff(name, 1), told.tariff(name, 2));
    await waitUntil(async () => (await stage.list('state=PENDING')).some(({ revision }) => revision === 2), {
      describe: 'the newest in line',
    });
    expect(partner.received).toHaveLength(before);
    expect((await stage.api('POST', '/delivery-queues/partner/resume')).body).toMatchObject({ paused: null });
    await arrived(`/tariffs/DE/VLT/${name}`);
    await stage.quiet();
    expect(partner.of(`/tariffs/DE/VLT/${name}`)).toHaveLength(1);
    expect((await stage.api('POST', '/delivery-queues/nobody/pause', { reason: 'x' })).status).toBe(404);
  });

  it('sends no result after its deadline but by hand (CMD-04)', async () => {
    const correlationId = id('correlation-');
    await callback(correlationId, `${partner.url}/result/${correlationId}`);
    await stage.api('POST', '/delivery-queues/partner/pause', { reason: 'their window' });
    const commandId = id('command-');
    await stage.publish(told.result(commandId, [`voltap:correlation:${correlationId}`]));
    const waiting = await waitUntil(async () => (await stage.list('kind=command-result&state=PENDING'))[0], {
      describe: 'the result in line',
    });
    await stage.sql(`update delivery set deadline = now() - interval '1 second' where id = $1`, [waiting.id]);
    await stage.api('POST', '/delivery-queues/partner/resume');
    expect(await stage.delivered(waiting.objectKey, 'EXHAUSTED')).toMatchObject({
      lastReason: 'the deadline has passed',
    });
    const heard = await waitUntil(() => exhausted.find(({ payload }) => payload.objectKey === waiting.objectKey), {
      describe: 'the others to be told',
    });
    expect(heard.payload.reason).toBe('the deadline has passed');
    expect(partner.of(`/result/${correlationId}`)).toEqual([]);
    await stage.api('POST', `/deliveries/${waiting.id}/resend`);
    await stage.delivered(waiting.objectKey, 'SUCCEEDED');
    expect(partner.of(`/result/${correlationId}`)).toHaveLength(1);
  });

  it('gives up what waits, with a reason, and tells of money; it comes back by hand only', async () => {
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    partner.behave = () => 'refuse';
    await stage.publish(told.cdr(cdr));
    const waiting = await stage.delivered(`DE*VLT*${cdr.id}`, 'PENDING');
    const given = await waitUntil(
      async () => {
        const answer = await stage.api<DeliveryDetails>('POST', `/deliveries/${waiting.id}/give-up`, {
          reason: 'on paper',
        });
        return answer.status === 200 ? answer.body : null;
      },
      { describe: 'it to be given up between two attempts' },
    );
    expect(given).toMatchObject({ state: 'GIVEN_UP', lastReason: 'given up by key test: on paper' });
    expect(given.history.at(-1)).toMatchObject({ outcome: 'given-up' });
    const event = await waitUntil(() => exhausted.find(({ payload }) => payload.objectKey === `DE*VLT*${cdr.id}`), {
      describe: 'the others to be told',
    });
    expect(event.payload.reason).toMatch(/on paper/);
    partner.behave = () => 'accept';
    expect((await stage.api('POST', `/deliveries/${waiting.id}/give-up`, { reason: 'again' })).status).toBe(409);
    await stage.api('POST', `/deliveries/${waiting.id}/resend`);
    await waitUntil(() => partner.cdrs.has(cdr.id), { describe: 'the CDR' });
  });

  it('tells a partner a module again, each object once and as it is now', async () => {
    const places = [id('L'), id('L')];
    await stage.publish(...places.map((one) => told.location(aLocation({ id: one }), 1)));
    for (const one of places) await arrived(`/locations/DE/VLT/${one}`);
    await stage.publish(
      told.location(aLocation({ id: places[0], name: 'Renamed' }), 2, false),
      told.tariff('T1', 2, aTariff()),
    );
    await waitUntil(
      async () =>
        (await stage.sql('select 1 from location_state where key = $1 and revision = 2', [`DE*VLT*${places[0]}`]))
          .length > 0,
      { describe: 'the new name to be known' },
    );
    await stage.quiet();
    partner.objects.clear();
    const { body } = await stage.api<{ planned: number }>('POST', '/delivery-queues/partner/resync', {
      module: 'locations',
    });
    expect(body.planned).toBeGreaterThanOrEqual(2);
    const renamed = (): boolean => {
      const place = partner.objects.get(`/locations/DE/VLT/${places[0]}`) as { readonly name?: string } | undefined;
      return place?.name === 'Renamed';
    };
    await waitUntil(() => partner.objects.size >= body.planned && renamed(), { describe: `${body.planned} places` });
    await stage.quiet();
    for (const module of ['tariffs', 'sessions']) {
      partner.objects.clear();
      const answer = await stage.api<{ planned: number }>('POST', '/delivery-queues/partner/resync', { module });
      expect(answer.body.planned).toBeGreaterThan(0);
      await waitUntil(() => partner.objects.size >= answer.body.planned, { describe: `all ${module}` });
      await stage.quiet();
    }
    expect((await stage.api('POST', '/delivery-queues/partner/resync', { module: 'cdrs' })).body).toEqual({
      planned: 0,
    });
  });
});
