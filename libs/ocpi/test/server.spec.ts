import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, FixedClock, VoltapError } from '@voltap/kernel';
import {
  commands,
  locations,
  payments,
  servedModules,
  sessions,
  tariffs,
  tokens,
  versions,
} from '@voltap/ocpi/endpoints';
import {
  created,
  type OcpiAnswerOf,
  OcpiEndpoint,
  OcpiRequest,
  type OcpiRequestOf,
  ocpiPage,
  ocpiText,
  type PartnerCaller,
  UnservedOcpiController,
} from '@voltap/ocpi/server';
import { aLocation, aSession, aStartSession, aTariff, aTerminal, aToken } from '@voltap/ocpi/testkit';
import { decodeCursor, LONGEST_PUBLIC_URL, mayBePublished, parseNextLink } from '@voltap/ocpi/transport';

const CALLER: PartnerCaller = {
  kind: 'partner',
  partnerId: 'p1',
  version: '2.3.0',
  profile: 'payter',
  quirks: {},
  scope: 'full',
  roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }],
  parties: ['DE*VLT'],
  publicUrl: 'https://cpo.example',
};

@Controller()
class ChargingController {
  readonly seen: unknown[] = [];

  @OcpiEndpoint(versions.list)
  versions(@OcpiRequest() { caller }: OcpiRequestOf<typeof versions.list>): OcpiAnswerOf<typeof versions.list> {
    return [{ version: '2.3.0', url: `${caller.publicUrl}/ocpi/cpo/2.3.0` }];
  }

  @OcpiEndpoint(versions.details)
  details(@OcpiRequest() { version }: OcpiRequestOf<typeof versions.details>): OcpiAnswerOf<typeof versions.details> {
    return { version, endpoints: [] };
  }

  @OcpiEndpoint(locations.sender.list)
  list(
    @OcpiRequest() { page }: OcpiRequestOf<typeof locations.sender.list>,
  ): OcpiAnswerOf<typeof locations.sender.list> {
    const texts = Array.from({ length: page.limit }, (_, index) => JSON.stringify(aLocation({ id: `L${index}` })));
    return ocpiPage({ texts }, { total: 1000, next: { id: `L${page.limit - 1}` } });
  }

  @OcpiEndpoint(tariffs.sender.list)
  tariffs(): OcpiAnswerOf<typeof tariffs.sender.list> {
    return ocpiPage([aTariff(), aTariff({ id: 'T2', tax_included: 'YES', elements: untaxable })], { total: 2 });
  }

  @OcpiEndpoint(sessions.sender.list)
  sessions(): OcpiAnswerOf<typeof sessions.sender.list> {
    return ocpiPage({ texts: [JSON.stringify(aSession())] }, { total: 1 });
  }

  @OcpiEndpoint(locations.sender.object)
  location(@OcpiRequest() { params }: OcpiRequestOf<typeof locations.sender.object>) {
    if (params.location_id === 'broken') throw new Error('the database is away');
    if (params.location_id !== 'L 1/a') throw new VoltapError('not_found', 'The location is unknown');
    return ocpiText(JSON.stringify(aLocation({ id: params.location_id })));
  }

  @OcpiEndpoint(tokens.receiver.put)
  putToken(@OcpiRequest() { body }: OcpiRequestOf<typeof tokens.receiver.put>): void {
    this.seen.push(body);
  }

  @OcpiEndpoint(commands.receiver.startSession)
  start(
    @OcpiRequest() { body, parties }: OcpiRequestOf<typeof commands.receiver.startSession>,
  ): OcpiAnswerOf<typeof commands.receiver.startSession> {
    this.seen.push({ reference: body.authorization_reference, parties });
    return { result: 'ACCEPTED', timeout: 30 };
  }

  @OcpiEndpoint(payments.receiver.postTerminal)
  terminal() {
    return created();
  }

  @OcpiEndpoint(payments.receiver.patchTerminal)
  patchTerminal(@OcpiRequest() { body }: OcpiRequestOf<typeof payments.receiver.patchTerminal>): void {
    this.seen.push(body);
  }
}

const untaxable = [{ price_components: [{ type: 'ENERGY' as const, price: 0.5, step_size: 1 }] }];

@Module({
  controllers: [ChargingController, UnservedOcpiController],
  providers: [{ provide: Clock, useValue: new FixedClock(new Date('2026-03-02T10:00:00Z')) }],
})
class ChargingModule {}

describe('an OCPI endpoint', () => {
  let app: NestFastifyApplication;
  let caller: PartnerCaller | undefined;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(
      ChargingModule,
      new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } }),
      { logger: false, bodyParser: false },
    );
    const fastify = app.getHttpAdapter().getInstance();
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    fastify.addHook('onRequest', (request, _reply, done) => {
      Object.assign(request, { voltapCaller: caller });
      done();
    });
    await app.init();
    await fastify.ready();
  });

  afterAll(async () => {
    await app.close();
  });

  async function call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    body?: unknown,
    changes: Partial<PartnerCaller> | null = {},
  ) {
    caller = changes === null ? undefined : { ...CALLER, ...changes };
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.inject({
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
      headers: { 'content-type': 'application/json', 'x-request-id': 'r1', 'x-correlation-id': 'c1', ...routing },
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  }
  let routing: Record<string, string> = {};

  it('answers in an envelope with ids echoed and the routing headers swapped (RTE-03, RTE-08, CMD-34)', async () => {
    routing = {
      'OCPI-from-country-code': 'NL',
      'OCPI-from-party-id': 'ptp',
      'OCPI-to-country-code': 'DE',
      'OCPI-to-party-id': 'VLT',
    };
    const { status, headers, body } = await call('POST', '/ocpi/cpo/2.3.0/commands/START_SESSION/', aStartSession());
    routing = {};
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { result: 'ACCEPTED', timeout: 30 },
      status_code: 1000,
      timestamp: '2026-03-02T10:00:00.000Z',
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': 'r1',
      'x-correlation-id': 'c1',
      'ocpi-from-party-id': 'VLT',
      'ocpi-to-party-id': 'ptp',
    });
    expect(app.get(ChargingController).seen.at(-1)).toEqual({ reference: 'AUTH-0001', parties: ['DE*VLT'] });
  });

  it('refuses parties in the routing headers that are not of this connection (RTE-07)', async () => {
    routing = { 'OCPI-to-country-code': 'FR', 'OCPI-to-party-id': 'ABC' };
    const { status, headers, body } = await call('GET', '/ocpi/cpo/2.3.0/locations');
    routing = {};
    expect([status, body.status_code]).toEqual([200, 2001]);
    expect(body.status_message).toContain('header/ocpi-to-party-id');
    expect(headers['ocpi-from-party-id']).toBe('ABC');
  });

  it('pages with an absolute Link that carries filters, next offset and the position (PAG-07, PAG-08, PAG-09, PAG-10, PAG-05)', async () => {
    const { headers, body } = await call(
      'GET',
      '/ocpi/cpo/2.3.0/locations?limit=2&offset=4&date_from=2026-01-01T00:00:00',
    );
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(['L0', 'L1']);
    expect(headers).toMatchObject({ 'x-total-count': '1000', 'x-limit': '500' });
    const next = new URL(parseNextLink(String(headers.link)) ?? '');
    expect(`${next.origin}${next.pathname}`).toBe('https://cpo.example/ocpi/cpo/2.3.0/locations');
    const { cursor, ...filters } = Object.fromEntries(next.searchParams);
    expect(filters).toEqual({ date_from: '2026-01-01T00:00:00Z', offset: '6', limit: '2' });
    expect(decodeCursor(cursor ?? '')).toEqual({ id: 'L1' });
  });

  it('answers a query that cannot be read with 2001 and a pointer', async () => {
    const { status, body } = await call('GET', '/ocpi/cpo/2.3.0/locations?limit=many');
    expect([status, body.status_code]).toEqual([200, 2001]);
    expect(body.status_message).toContain('query/limit');
  });

  it('speaks the version of the URL, whether values or texts were returned (TAR-21)', async () => {
    const session = (await call('GET', '/ocpi/cpo/2.2.1/sessions')).body.data[0];
    expect(session.total_cost).toEqual({ excl_vat: 6.25, incl_vat: 7.44 });
    const { body, headers } = await call('GET', '/ocpi/cpo/2.2.1/tariffs');
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({ id: 'T1', max_price: { excl_vat: 42.0168, incl_vat: 50 } });
    expect(headers.link).toBeUndefined();
  });

  it('publishes no URL that is longer than OCPI allows, under any public address that is taken (FMT-16)', () => {
    const longest = `https://${'x'.repeat(LONGEST_PUBLIC_URL - 'https://'.length)}`;
    expect([mayBePublished(longest), mayBePublished(`${longest}x`), mayBePublished('/relative')]).toEqual([
      true,
      false,
      false,
    ]);
    for (const { identifier } of [...servedModules('2.3.0'), ...servedModules('2.2.1')]) {
      expect(`${longest}/ocpi/cpo/2.3.0/${identifier}`.length).toBeLessThanOrEqual(255);
    }
    const receipt = `${longest}/receipts/${'s'.repeat(24)}/${'r'.repeat(36)}`;
    expect(receipt.length).toBeLessThanOrEqual(255);
  });

  it('decodes path parameters once (COO-09)', async () => {
    const { body } = await call('GET', '/ocpi/cpo/2.3.0/locations/L%201%2Fa');
    expect(body.data.id).toBe('L 1/a');
  });

  it('says 404 for what does not exist, 405 for a wrong method, 404 for an unknown version, always enveloped (ENV-07)', async () => {
    const answers = await Promise.all([
      call('GET', '/ocpi/cpo/2.3.0/locations/nowhere'),
      call('GET', '/ocpi/cpo/2.3.0/nothing'),
      call('POST', '/ocpi/cpo/2.3.0/locations', {}),
      call('GET', '/ocpi/cpo/2.1.1/locations'),
      call('GET', '/ocpi/cpo/9.9'),
    ]);
    expect(answers.map(({ status, body }) => [status, body.status_code])).toEqual([
      [404, 2000],
      [404, 2000],
      [405, 2000],
      [404, 2000],
      [404, 2000],
    ]);
  });

  it('keeps the list of versions apart from the details of one', async () => {
    expect((await call('GET', '/ocpi/cpo/versions')).body.data).toHaveLength(1);
    expect((await call('GET', '/ocpi/cpo/2.2.1')).body.data.version).toBe('2.2.1');
  });

  it('answers what is no JSON with HTTP 400 and what is invalid with 2001 and pointers', async () => {
    const broken = await call('POST', '/ocpi/cpo/2.3.0/commands/START_SESSION', '{"token":');
    expect([broken.status, broken.body.status_code]).toEqual([400, 2000]);
    const { response_url: _, ...command } = aStartSession({ location_id: 'x'.repeat(37) });
    const invalid = await call('POST', '/ocpi/cpo/2.3.0/commands/START_SESSION', command);
    expect([invalid.status, invalid.body.status_code]).toEqual([200, 2001]);
    expect(invalid.body.status_message).toMatch(/\/response_url: .*\/location_id: at most 36 characters/);
    const empty = await call('POST', '/ocpi/cpo/2.3.0/commands/START_SESSION');
    expect([empty.status, empty.body.status_code]).toEqual([200, 2001]);
  });

  it('refuses an object that differs from its URL (COO-04, TOK-07)', async () => {
    const { body } = await call('PUT', '/ocpi/cpo/2.3.0/tokens/NL/PTP/OTHER', aToken());
    expect(body.status_code).toBe(2001);
    expect(body.status_message).toContain('/uid');
    const same = await call('PUT', '/ocpi/cpo/2.3.0/tokens/nl/ptp/auth-0001', aToken());
    expect(same.body).toEqual({ status_code: 1000, timestamp: '2026-03-02T10:00:00.000Z' });
  });

  it('answers 201 for what was created (ENV-08)', async () => {
    expect((await call('POST', '/ocpi/cpo/2.3.0/payments/terminals', aTerminal())).status).toBe(201);
  });

  it('offers PATCH of terminals only to partners whose profile says so', async () => {
    const url = '/ocpi/cpo/2.3.0/payments/terminals/PT-1';
    expect((await call('PATCH', url, { location_ids: ['L1'] })).body.status_code).toBe(1000);
    const refused = await call('PATCH', url, {}, { profile: 'spec' });
    expect([refused.status, refused.headers.allow]).toEqual([405, 'POST, GET']);
    expect((await call('PATCH', url, {}, { quirks: { patchTerminals: false } })).status).toBe(405);
  });

  it('answers 401 without a caller, and for modules behind a registration token', async () => {
    expect((await call('GET', '/ocpi/cpo/2.3.0/locations', undefined, null)).status).toBe(401);
    expect((await call('GET', '/ocpi/cpo/2.3.0/locations', undefined, { scope: 'registration' })).status).toBe(401);
    expect((await call('GET', '/ocpi/cpo/versions', undefined, { scope: 'registration' })).status).toBe(200);
  });

  it('answers an unexpected failure with 3000 inside HTTP 200 and tells nothing of its inside (ENV-12)', async () => {
    const { status, body } = await call('GET', '/ocpi/cpo/2.3.0/locations/broken');
    expect([status, body.status_code]).toEqual([200, 3000]);
    expect(JSON.stringify(body)).not.toContain('database');
  });
});
