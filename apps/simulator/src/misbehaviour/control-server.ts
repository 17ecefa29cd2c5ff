import fastify, { type FastifyInstance } from 'fastify';
import type { BackEnd } from '../back-end/back-end.js';
import type { City } from '../back-end/city.js';
import type { Journal } from '../journal.js';
import type { PaymentTerminalProvider } from '../ptp/ptp.js';
import { isObject, type Json, type JsonObject, objectOf, textOf, textsOf } from '../wire/json.js';
import { isOcpiVersion } from '../wire/version.js';
import { type Misbehaviours, readMisbehaviour } from './misbehaviour.js';

/**
 * Remote control for tests and demonstrations. `POST /control` takes any of
 * `{ misbehave: Misbehaviour[], clear: true, city: "start"|"stop" }` and one action
 * `{ action: "tap"|"stop"|"patch-terminal"|"crawl"|"set-status", … }`, of what changes in the PTP's lists and is told to nobody
 * `"add-terminal"|"remove-terminal"|"issue-token"|"withdraw-token"`, or of the credentials module
 * `"offer"|"register"|"rotate"|"unregister"|"offer-versions"|"move-endpoints"`; `GET /control` tells the state.
 */
export class ControlServer {
  private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });
  private address = '';

  constructor(
    private readonly ptp: PaymentTerminalProvider,
    private readonly backEnd: BackEnd,
    private readonly city: City,
    private readonly misbehaviours: Misbehaviours,
    private readonly journal: Journal,
  ) {
    this.app.get('/control', async () => this.state());
    this.app.get('/control/requests', async () => this.ptp.log.requests);
    this.app.post('/control', async (request, reply) => {
      if (!isObject(request.body)) return reply.code(400).send({ error: 'a JSON object is expected' });
      try {
        return { done: (await this.obey(request.body)) ?? null, ...this.state() };
      } catch (error) {
        return reply.code(422).send({ error: error instanceof Error ? error.message : String(error) });
      }
    });
  }

  get url(): string {
    return `${this.address}/control`;
  }

  async listen(host: string, port: number): Promise<void> {
    await this.app.listen({ host, port });
    const bound = this.app.server.address();
    this.address = `http://${host}:${typeof bound === 'object' && bound !== null ? bound.port : port}`;
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  private state() {
    const { registration, charges, commandResults, confirmations, cdrs, sessions } = this.ptp.store.state;
    return {
      registration: registration && { version: registration.version, parties: registration.parties },
      screens: this.ptp.terminals.map((terminal) => terminal.screen()),
      charges,
      commandResults,
      sessions,
      cdrs,
      confirmations,
      complaints: this.ptp.log.complaints,
      misbehaviours: this.misbehaviours.active,
      metered: this.backEnd.state.charges,
      journal: this.journal.events.slice(-100),
    };
  }

  private async obey(wanted: JsonObject): Promise<Json | undefined> {
    if (wanted.clear === true) this.misbehaviours.clear();
    if (Array.isArray(wanted.misbehave)) this.misbehaviours.add(...wanted.misbehave.map(readMisbehaviour));
    if (wanted.city === 'start') this.city.start();
    if (wanted.city === 'stop') this.city.stop();
    return wanted.action === undefined ? undefined : this.act(wanted);
  }

  private async act(wanted: JsonObject): Promise<Json | undefined> {
    const field = (name: string): string => {
      const value = textOf(wanted, name);
      if (value === undefined) throw new RangeError(`${name} is missing`);
      return value;
    };
    switch (wanted.action) {
      case 'tap': {
        const outcome = await this.ptp.terminal(field('terminalId')).tap({
          locationId: field('locationId'),
          evseUid: field('evseUid'),
          connectorId: field('connectorId'),
          authorizationReference: textOf(wanted, 'authorizationReference'),
        });
        return { reference: outcome.charge.authorizationReference, result: outcome.result };
      }
      case 'stop':
        return { result: (await this.ptp.desk.stop(field('authorizationReference'))).result };
      case 'patch-terminal':
        await this.ptp.patchTerminal(field('terminalId'), objectOf(wanted, 'fields') ?? {});
        return undefined;
      case 'add-terminal':
        this.ptp.addTerminal({ terminalId: field('terminalId'), customerReference: field('customerReference') });
        return undefined;
      case 'remove-terminal':
        this.ptp.removeTerminal(field('terminalId'));
        return undefined;
      case 'issue-token':
        this.ptp.issueToken(field('uid'), objectOf(wanted, 'fields') ?? {});
        return undefined;
      case 'withdraw-token':
        this.ptp.withdrawToken(field('uid'));
        return undefined;
      case 'rotate': {
        const version = textOf(wanted, 'version');
        await this.ptp.credentials.rotate(version !== undefined && isOcpiVersion(version) ? version : undefined);
        return undefined;
      }
      case 'offer':
        return { ...this.ptp.credentials.offer() };
      case 'register': {
        const version = textOf(wanted, 'version');
        const only = version !== undefined && isOcpiVersion(version) ? version : undefined;
        await this.ptp.credentials.register(field('versionsUrl'), field('token'), only);
        return undefined;
      }
      case 'offer-versions': {
        const versions = textsOf(wanted, 'versions').filter(isOcpiVersion);
        if (versions.length === 0) throw new RangeError('versions is a list of OCPI versions');
        this.ptp.credentials.offerVersions(versions);
        return undefined;
      }
      case 'move-endpoints':
        this.ptp.moveEndpoints(field('path'));
        return undefined;
      case 'unregister':
        await this.ptp.credentials.unregister();
        return undefined;
      case 'crawl': {
        const tariffs = await this.ptp.mirror.crawl('tariffs');
        const locations = await this.ptp.mirror.crawl('locations');
        return { tariffs: tariffs.received, locations: locations.received, repeated: [...locations.repeated] };
      }
      case 'set-status': {
        const point = await this.backEnd.network.find(field('evseUid'));
        if (!point) throw new RangeError('this EVSE is unknown');
        this.backEnd.setStatus(point, field('status'));
        this.backEnd.tick();
        return undefined;
      }
      default:
        throw new RangeError(
          'action is one of tap, stop, patch-terminal, add-terminal, remove-terminal, issue-token, withdraw-token, crawl, set-status, offer, register, rotate, unregister, offer-versions, move-endpoints',
        );
    }
  }
}
