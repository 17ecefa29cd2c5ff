import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BackEndCommand, backEndCommandSchema, type SetAsideEventRecord } from '@voltap/contracts/back-office';
import { type BackEndAnswer, backEndAnswered, backEndCommanded } from '@voltap/contracts/events';
import { type EventMessage, event, SystemClock } from '@voltap/kernel';
import { aLocation } from '@voltap/ocpi/testkit';
import { readConfig } from '@voltap/platform/config';
import { createLogger } from '@voltap/platform/telemetry';
import { waitUntil } from '@voltap/platform/testing';
import { CallWebhook } from '../src/application/call-webhook.js';
import { commandsConfig } from '../src/commands.config.js';
import { type CommandsBench, commandsBench, locationEvent } from './commands-bench.js';

async function openBench(environment: Record<string, string>): Promise<CommandsBench> {
  const bench = await commandsBench({ VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '30', ...environment });
  await bench.platform.publish(locationEvent(aLocation()));
  await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
    describe: 'the location to be known',
  });
  return bench;
}

const outcome = (bench: CommandsBench, commandId: string) =>
  waitUntil(() => bench.outcomesOf(commandId)[0], { describe: `the outcome of ${commandId}` });

describe('a back-end on the log', () => {
  let bench: CommandsBench;
  let heard: readonly EventMessage<BackEndCommand>[];

  beforeAll(async () => {
    bench = await openBench({ VOLTAP_COMMANDS_TOPICS: 'true', VOLTAP_COMMANDS_HAND_OUT_SECONDS: '120' });
    heard = await bench.platform.observe(backEndCommanded);
  });

  afterAll(() => bench?.platform.close());

  const answer = (...answers: BackEndAnswer[]) =>
    bench.platform.publish(
      ...answers.map((payload) => event(backEndAnswered, { key: payload.commandId, revision: 1, payload })),
    );
  async function started(authorization_reference: string): Promise<EventMessage<BackEndCommand>> {
    await bench.start({ authorization_reference });
    const { commandId } = await bench.promised(authorization_reference);
    return waitUntil(() => heard.find(({ payload }) => payload.commandId === commandId), {
      describe: 'the command on the topic',
    });
  }

  it('gets each command once, in the order of its location, as a poll would hand it out', async () => {
    const { key, payload } = await started('TOPIC');
    expect(key).toBe('DE*VLT*L1');
    expect(backEndCommandSchema.parse(payload)).toMatchObject({
      type: 'START_SESSION',
      request: { evse_uid: 'E1', authorization_reference: 'TOPIC' },
    });
    expect((await bench.pending('wait=0&limit=100')).map(({ commandId }) => commandId)).not.toContain(
      payload.commandId,
    );
    await answer({ commandId: payload.commandId, result: 'ACCEPTED' });
    expect(await outcome(bench, payload.commandId)).toMatchObject({
      decidedBy: 'BACK_END',
      result: { result: 'ACCEPTED' },
    });
    expect(heard.filter((each) => each.payload.commandId === payload.commandId)).toHaveLength(1);
  });

  it('may answer twice, and otherwise: the first counts, the second is recorded', async () => {
    const { payload } = await started('TWICE');
    const { commandId } = payload;
    const message = [{ language: 'en', text: 'In use' }];
    await answer(
      { commandId, result: 'EVSE_OCCUPIED', message },
      { commandId, result: 'EVSE_OCCUPIED' },
      { commandId, result: 'ACCEPTED' },
    );
    expect((await outcome(bench, commandId)).result).toEqual({ result: 'EVSE_OCCUPIED', message });
    await waitUntil(async () => (await bench.read(commandId)).lateAnswer, { describe: 'the late answer' });
    expect(bench.outcomesOf(commandId)).toHaveLength(1);
  });

  it('does no harm with an answer to what nobody asked: it is set aside, and the others go on', async () => {
    await answer({ commandId: randomUUID(), result: 'ACCEPTED' });
    const { payload } = await started('GOES-ON');
    await answer({ commandId: payload.commandId, result: 'FAILED' });
    await outcome(bench, payload.commandId);
    const aside = await waitUntil(
      async () => {
        const path = '/api/v1/services/commands/set-aside-events?state=WAITING';
        return (await bench.backEnd<{ items: SetAsideEventRecord[] }>('GET', path)).body.items[0];
      },
      { describe: 'the answer to be set aside' },
    );
    expect(aside).toMatchObject({ topic: 'backend.command-answers', kind: 'state' });
  });
});

describe('a back-end with a webhook', () => {
  const SECRET = 'a secret of the webhook, long enough to be one';
  let bench: CommandsBench;
  let server: Server;
  let port: number;
  const arrived: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly command: BackEndCommand }[] =
    [];
  /** By reference: what the webhook does each time that it is asked. */
  const manners = new Map<string, ((response: ServerResponse) => void)[]>();

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = await text(request);
      const command = JSON.parse(body) as BackEndCommand;
      arrived.push({ headers: request.headers, body, command });
      const reference = 'authorization_reference' in command.request ? command.request.authorization_reference : null;
      const next = manners.get(reference ?? '')?.shift();
      if (next === undefined) response.writeHead(202).end();
      else next(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    bench = await openBench({
      VOLTAP_COMMANDS_WEBHOOK_URL: `http://127.0.0.1:${port}/voltap`,
      VOLTAP_COMMANDS_WEBHOOK_SECRET: SECRET,
      VOLTAP_COMMANDS_WEBHOOK_TIMEOUT_SECONDS: '3',
      VOLTAP_COMMANDS_WEBHOOK_RETRY_SECONDS: '1',
      VOLTAP_COMMANDS_HAND_OUT_SECONDS: '120',
    });
  });

  afterAll(async () => {
    await bench?.platform.close();
    server?.closeAllConnections();
    server?.close();
  });

  const saying = (status: number, body: object | string) => (response: ServerResponse) =>
    void response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  const of = (reference: string) =>
    arrived.filter(
      ({ command: { request } }) =>
        'authorization_reference' in request && request.authorization_reference === reference,
    );
  async function started(reference: string, ...does: ((response: ServerResponse) => void)[]): Promise<string> {
    manners.set(reference, does);
    await bench.start({ authorization_reference: reference });
    return (await bench.promised(reference)).commandId;
  }

  it('gets each command signed over its time and its body, and may answer at once', async () => {
    const commandId = await started('NOW', saying(200, { result: 'ACCEPTED' }));
    expect(await outcome(bench, commandId)).toMatchObject({ decidedBy: 'BACK_END', result: { result: 'ACCEPTED' } });
    const [only, ...more] = of('NOW');
    expect(more).toEqual([]);
    expect(backEndCommandSchema.parse(only?.command)).toMatchObject({ commandId, type: 'START_SESSION' });
    const [, at = '', signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(only?.headers['voltap-signature'])) ?? [];
    expect(signature).toBe(createHmac('sha256', SECRET).update(`${at}.${only?.body}`).digest('hex'));
    expect(Math.abs(Number(at) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(only?.headers['voltap-command-id']).toBe(commandId);
  });

  it('may take it and answer later', async () => {
    const commandId = await started('LATER', saying(202, {}));
    await waitUntil(() => of('LATER').length > 0, { describe: 'the command' });
    expect((await bench.answer(commandId, 'EVSE_INOPERATIVE')).status).toBe(200);
    expect((await outcome(bench, commandId)).result.result).toBe('EVSE_INOPERATIVE');
    expect(of('LATER')).toHaveLength(1);
  });

  it('gets it again, the same, when it failed, was slow, or cut the connection', async () => {
    const cut = (response: ServerResponse) => void response.socket?.destroy();
    const silent = () => undefined;
    const rejected = saying(200, { result: 'REJECTED', message: [{ language: 'en', text: 'No' }] });
    const commandId = await started('RETRIED', saying(503, 'busy'), cut, silent, rejected);
    expect((await outcome(bench, commandId)).result).toEqual({
      result: 'REJECTED',
      message: [{ language: 'en', text: 'No' }],
    });
    expect(of('RETRIED')).toHaveLength(4);
    expect(new Set(of('RETRIED').map(({ body }) => body)).size).toBe(1);
  });

  it('has what is no outcome taken for a promise to answer later, and a second answer recorded', async () => {
    const commandId = await started('NONSENSE', saying(200, { result: 'PERHAPS' }));
    await waitUntil(() => of('NONSENSE').length > 0, { describe: 'the command' });
    expect((await bench.answer(commandId, 'ACCEPTED')).status).toBe(200);
    expect((await bench.answer(commandId, 'FAILED')).status).toBe(409);
    expect((await bench.read(commandId)).lateAnswer).toMatchObject({ result: 'FAILED' });
  });

  it('that is down leaves the driver a TIMEOUT, and the next attempt free at once', async () => {
    await bench.backEnd('PUT', '/api/v1/command-timeouts/DE/VLT/L1', { START_SESSION: 10 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const commandId = await started('DOWN');
    expect((await outcome(bench, commandId)).result.result).toBe('TIMEOUT');
    expect((await bench.start({ authorization_reference: 'DOWN' })).body.data.result).toBe('ACCEPTED');
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    await waitUntil(() => of('DOWN').length > 0, { describe: 'the second attempt at the webhook that is back' });
    expect(of('DOWN')[0]?.command.commandId).not.toBe(commandId);
  });

  it('needs a secret', () => {
    const settings = { VOLTAP_COMMANDS_WEBHOOK_URL: 'https://back-end.example/voltap' };
    const logger = createLogger({ level: 'silent', service: 'commands' });
    const make = () => new CallWebhook(new SystemClock(), readConfig(commandsConfig.schema, settings), logger);
    expect(make).toThrow('VOLTAP_COMMANDS_WEBHOOK_SECRET');
  });
});
