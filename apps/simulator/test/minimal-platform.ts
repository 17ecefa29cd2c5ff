import { randomUUID } from 'node:crypto';
import { decimal, toJsonNumber } from '@voltap/kernel';
import fastify, { type FastifyInstance } from 'fastify';
import { isObject, type JsonObject, numberOf, objectsOf, textOf } from '../src/wire/json.js';
import { below, callOcpi, type OcpiAnswer, type OcpiCall } from '../src/wire/ocpi-client.js';
import { writePrice } from '../src/wire/price.js';
import type { OcpiVersion } from '../src/wire/version.js';

/** The ad-hoc energy price of the minimal platform: net per kWh, 19 % VAT on top. */
export const ENERGY_PRICE = '0.5';

/**
 * Just enough of a platform to let the simulator play against something: one partner, in memory, no retries. It is
 * the counterpart of the simulator's own tests; what Voltap itself does is proven by the flow specs.
 */
export class MinimalPlatform {
  readonly locations: JsonObject[] = [];
  readonly tariffs: JsonObject[] = [];
  readonly starts: JsonObject[] = [];
  readonly confirmations: JsonObject[] = [];
  readonly statuses: JsonObject[] = [];
  readonly answers: { commandId: string; result: string }[] = [];
  partners = 0;
  tokenB = '';
  version: OcpiVersion = '2.3.0';
  private tokenA = '';
  private tokenC = '';
  private partnerEndpoints: JsonObject[] = [];
  private readonly commands: { command: JsonObject; responseUrl: string; answered: boolean }[] = [];
  private readonly sessions = new Map<string, JsonObject>();
  private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });
  url = '';

  async start(): Promise<void> {
    this.ocpi();
    this.backOffice();
    await this.app.listen({ host: '127.0.0.1', port: 0 });
    const bound = this.app.server.address();
    this.url = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  }

  close(): Promise<unknown> {
    return this.app.close();
  }

  /** The exchange of credentials, started or renewed by the platform. */
  async exchange(method: 'POST' | 'PUT', credentialsUrl: string, token: string): Promise<OcpiAnswer> {
    this.tokenC = randomUUID();
    const answer = await callOcpi({ method, url: credentialsUrl, token, body: this.credentials() });
    if (isObject(answer.data)) this.tokenB = String(answer.data.token);
    return answer;
  }

  private credentials(): JsonObject {
    const role = { role: 'CPO', country_code: 'DE', party_id: 'VLT', business_details: { name: 'Minimal' } };
    return { token: this.tokenC, url: `${this.url}/ocpi/versions`, roles: [role] };
  }

  /** Calls the PTP as the platform does. */
  call(method: OcpiCall['method'], url: string, body?: JsonObject) {
    const routing = {
      from: { country_code: 'DE', party_id: 'VLT' },
      to: { country_code: 'NL', party_id: 'PAY' },
    };
    return callOcpi({ method, url, body, token: this.tokenB, routing });
  }

  /** URL of a module at the PTP. */
  module(identifier: string, ...segments: string[]): string {
    const endpoint = this.partnerEndpoints.find((each) => each.identifier === identifier);
    return below(String(endpoint?.url), ...segments);
  }

  private ocpi(): void {
    const ok = (data?: unknown) => ({ data, status_code: 1000, timestamp: new Date().toISOString() });
    const versions = ['2.3.0', '2.2.1'] as const;
    this.app.addHook('onRequest', async (request, reply) => {
      if (!request.url.startsWith('/ocpi')) return;
      const token = Buffer.from(String(request.headers.authorization).replace('Token ', ''), 'base64').toString();
      if (token !== this.tokenA && token !== this.tokenC) await reply.code(401).send({ status_code: 2000 });
    });
    this.app.get('/ocpi/versions', async () =>
      ok(versions.map((version) => ({ version, url: `${this.url}/ocpi/${version}` }))),
    );
    this.app.get('/ocpi/:version', async (request) => {
      const { version } = request.params as { version: string };
      const roles: [string, string][] = [
        ['credentials', 'SENDER'],
        ['locations', 'SENDER'],
        ['tariffs', 'SENDER'],
        ['sessions', 'SENDER'],
        ['cdrs', 'SENDER'],
        ['commands', 'RECEIVER'],
        ['payments', 'RECEIVER'],
      ];
      const endpoints = roles.map(([identifier, role]) => ({
        identifier,
        role,
        url: `${this.url}/ocpi/${version}/${identifier}`,
      }));
      return ok({ version, endpoints });
    });
    this.app.route({
      method: ['POST', 'PUT'],
      url: '/ocpi/:version/credentials',
      handler: async (request) => {
        const theirs = request.body as JsonObject;
        this.version = (request.params as { version: OcpiVersion }).version;
        this.tokenB = String(theirs.token);
        const listed = await callOcpi({ method: 'GET', url: String(theirs.url), token: this.tokenB });
        const entry = (listed.data as JsonObject[]).find(({ version }) => version === this.version);
        const details = await callOcpi({ method: 'GET', url: String(entry?.url), token: this.tokenB });
        this.partnerEndpoints = objectsOf(isObject(details.data) ? details.data : {}, 'endpoints');
        this.tokenA = '';
        this.tokenC = randomUUID();
        return ok(this.credentials());
      },
    });
    for (const list of ['locations', 'tariffs'] as const)
      this.app.get(`/ocpi/:version/${list}`, async (request, reply) => {
        const query = request.query as { offset?: string };
        const offset = Number(query.offset ?? 0);
        const next = offset + 15;
        if (next < this[list].length)
          reply.header('link', `<${this.url}/ocpi/${this.version}/${list}?offset=${next}>; rel="next"`);
        return ok(this[list].slice(offset, next).map((object) => this.shaped(list, object)));
      });
    this.app.post('/ocpi/:version/commands/:type', async (request) => {
      const body = request.body as JsonObject;
      const { type } = request.params as { type: string };
      if (type === 'START_SESSION') this.starts.push(body);
      const running = this.sessions.get(String(body.session_id));
      this.commands.push({
        command: {
          commandId: randomUUID(),
          type,
          idTag: String(body.authorization_reference ?? running?.authorization_reference ?? '').slice(0, 20),
          request: { country_code: 'DE', party_id: 'VLT', ...body },
        },
        responseUrl: String(body.response_url),
        answered: false,
      });
      return ok({ result: 'ACCEPTED', timeout: 5 });
    });
    this.app.post('/ocpi/:version/payments/terminals', async () => ok());
    this.app.post('/ocpi/:version/payments/financial-advice-confirmations', async (request) => {
      this.confirmations.push(request.body as JsonObject);
      return ok();
    });
  }

  private backOffice(): void {
    const api = '/api/v1';
    this.app.post(`${api}/partners`, async (_request, reply) => {
      this.partners += 1;
      this.tokenA = randomUUID();
      return reply.code(201).send({ id: 'partner-1', tokenA: this.tokenA, versionsUrl: `${this.url}/ocpi/versions` });
    });
    this.app.get(`${api}/partners`, async () => ({ items: [], next: null }));
    this.app.get(`${api}/locations`, async () => ({ items: this.locations, next: null }));
    this.app.post(`${api}/locations/import`, async (request) => {
      this.locations.push(...(request.body as JsonObject[]));
      return { received: this.locations.length, created: this.locations.length, refused: 0, refusals: [] };
    });
    this.app.put(`${api}/tariffs/:country/:party/:id`, async (request) => {
      this.tariffs.push(request.body as JsonObject);
      return {};
    });
    this.app.put(`${api}/terminals/:partner/:terminal/assignment`, async (request) => {
      const { terminal } = request.params as { terminal: string };
      await this.call('PATCH', this.module('payments', 'terminals', terminal), {
        ...(request.body as JsonObject),
        invoice_base_url: `${this.url}/receipts/secret`,
        last_updated: new Date().toISOString(),
      });
      return { assignment: { state: 'CONFIRMED' } };
    });
    this.app.post(`${api}/evse-statuses`, async (request) => {
      for (const status of request.body as JsonObject[]) this.statuses.push(status);
      return {};
    });
    this.app.get(`${api}/commands/pending`, async () => {
      // A short poll is enough here; the simulator asks again at once.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { items: this.commands.filter(({ answered }) => !answered).map(({ command }) => command) };
    });
    this.app.post(`${api}/commands/:id/answer`, async (request) => {
      const { id } = request.params as { id: string };
      const body = request.body as JsonObject;
      const found = this.commands.find(({ command }) => command.commandId === id);
      if (found && !found.answered) {
        found.answered = true;
        await this.call('POST', found.responseUrl, { result: body.result, message: body.message });
      }
      this.answers.push({ commandId: id, result: String(body.result) });
      return { status: 'COMPLETED' };
    });
    this.app.put(`${api}/sessions/:country/:party/:id`, async (request) => {
      const { id } = request.params as { id: string };
      return { revision: 1, session: await this.report(id, request.body as JsonObject) };
    });
  }

  private async report(id: string, body: JsonObject): Promise<JsonObject> {
    const start = this.commands.find(({ command }) => command.commandId === body.commandId)?.command
      .request as JsonObject;
    const reported = body.session as JsonObject;
    const net = decimal(numberOf(reported, 'kwh') ?? 0)
      .times(ENERGY_PRICE)
      .toDecimalPlaces(2);
    const total_cost = writePrice(net, net.times('1.19').toDecimalPlaces(2), this.version);
    const token = (start?.token ?? reported.cdr_token) as JsonObject;
    const { country_code, party_id, uid, type, contract_id } = token;
    const session: JsonObject = {
      country_code: 'DE',
      party_id: 'VLT',
      id,
      ...reported,
      cdr_token: { country_code, party_id, uid, type, contract_id },
      auth_method: start ? 'COMMAND' : 'WHITELIST',
      authorization_reference: start?.authorization_reference,
      currency: 'EUR',
      total_cost,
      last_updated: new Date().toISOString(),
    };
    const before = this.sessions.get(id);
    this.sessions.set(id, session);
    if (!start) return session;
    const where = this.module('sessions', 'DE', 'VLT', id);
    const known = objectsOf(before, 'charging_periods').length;
    const { charging_periods, status, kwh, end_date_time, last_updated } = session;
    const fresh = (charging_periods as JsonObject[]).slice(known);
    if (before && status === 'ACTIVE' && before.status === 'ACTIVE')
      await this.call('PATCH', where, { kwh, total_cost, charging_periods: fresh, status, last_updated });
    else await this.call('PUT', where, session);
    if (status === 'COMPLETED' && before?.status !== 'COMPLETED')
      await this.call('POST', this.module('cdrs'), this.cdr(session, String(end_date_time)));
    return session;
  }

  private cdr(session: JsonObject, end: string): JsonObject {
    const { status: _status, kwh, location_id, evse_uid, connector_id, ...kept } = session;
    const hours = decimal(Date.parse(end) - Date.parse(String(session.start_date_time))).dividedBy(3_600_000);
    return {
      ...kept,
      id: randomUUID(),
      session_id: session.id,
      end_date_time: end,
      cdr_location: { id: location_id, evse_uid, connector_id, evse_id: 'DE*VLT*E1' },
      total_energy: kwh,
      total_time: toJsonNumber(hours),
      invoice_reference_id: 'R-1',
    };
  }

  private shaped(list: 'locations' | 'tariffs', object: JsonObject): JsonObject {
    if (list === 'locations' || this.version === '2.3.0') return object;
    const { tax_included: _tax, preauthorize_amount, ...tariff } = object;
    return { ...tariff, max_price: { excl_vat: preauthorize_amount, incl_vat: preauthorize_amount } };
  }

  statusOf(evseUid: string): string | undefined {
    return textOf(
      this.statuses.findLast((each) => each.evse_uid === evseUid),
      'status',
    );
  }
}
