import { once } from 'node:events';
import { Agent, createServer, type RequestListener, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type Balancer, startBalancer } from '../src/balancer.js';

describe('the address that replicas share', () => {
  const servers: Server[] = [];
  const agents: Agent[] = [];
  let balancer: Balancer;
  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.destroy();
    await balancer.close();
    await Promise.all(servers.splice(0).map(end));
  });

  async function replica(answer: RequestListener, port = 0): Promise<Server> {
    const server = createServer(answer).listen(port, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    return server;
  }

  const named =
    (name: string): RequestListener =>
    (_request, response) =>
      response.end(name);

  /** Ends it as a killed process does: nobody is told goodbye. */
  async function end(server: Server): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  function ask(agent?: Agent): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: balancer.port, agent: agent ?? false }, (response) =>
        resolve(text(response)),
      );
      asked.once('error', reject).end();
    });
  }

  function kept(): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    return agent;
  }

  function portOf(server: Server): number {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  it('spreads connections over them, and a kept connection stays where it is', async () => {
    const ports = [portOf(await replica(named('one'))), portOf(await replica(named('two')))];
    balancer = await startBalancer(0, ports);
    const answers = [await ask(), await ask(), await ask(), await ask()];
    expect(answers.toSorted()).toEqual(['one', 'one', 'two', 'two']);
    const agent = kept();
    expect(new Set([await ask(agent), await ask(agent), await ask(agent)]).size).toBe(1);
  });

  it('goes on with those that are left when one is dead, also for who had a connection to it', async () => {
    const mortal = await replica(named('one'));
    const two = await replica(named('two'));
    balancer = await startBalancer(0, [portOf(mortal), portOf(two)]);
    const agent = kept();
    expect(await ask(agent)).toBe('one');
    await end(mortal);
    await waitUntil(() => Object.values(agent.freeSockets).every((sockets) => !sockets?.length), {
      describe: 'the client to hear that its connection is gone',
    });
    expect([await ask(agent), await ask(), await ask()]).toEqual(['two', 'two', 'two']);
  });

  it('waits for one that is being started again, and breaks the connection when none comes', async () => {
    const mortal = await replica(named('before'));
    const port = portOf(mortal);
    balancer = await startBalancer(0, [port]);
    await end(mortal);
    const waiting = ask();
    await replica(named('after'), port);
    expect(await waiting).toBe('after');
    await end(servers.at(-1) as Server);
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('carries a long poll and a large body whole, and tells the replica that a client has gone', async () => {
    let answerPoll: () => void = () => undefined;
    let gone = false;
    const one = await replica((asked, response) => {
      if (asked.method === 'POST') {
        text(asked).then((body) => response.end(String(body.length)), response.destroy);
        return;
      }
      response.on('close', () => {
        gone = !response.writableFinished;
      });
      answerPoll = () => response.end('a command');
    });
    balancer = await startBalancer(0, [portOf(one)]);
    const poll = ask();
    const body = 'x'.repeat(5_000_000);
    const answer = await fetch(`http://127.0.0.1:${balancer.port}/`, { method: 'POST', body });
    expect(await answer.text()).toBe(String(body.length));
    answerPoll();
    expect(await poll).toBe('a command');

    const impatient: Socket = connect(balancer.port, '127.0.0.1');
    impatient.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    answerPoll = () => undefined;
    await waitUntil(() => answerPoll.toString().includes('a command'), { describe: 'the poll to arrive' });
    impatient.destroy();
    await waitUntil(() => gone, { describe: 'the replica to hear of it' });
  });
});
