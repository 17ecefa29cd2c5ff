import { once } from 'node:events';
import { connect } from 'node:net';

const METADATA = { key: 3, version: 4 };
const PATIENCE_MS = 1_000;

/**
 * The cluster that answers on this port, once a broker of it serves; undefined before. An open port alone says too little:
 * a stranger's broker may have it. This one request of Kafka's protocol spares the tools a client library, which by the
 * rules of the house belongs to libs/platform.
 */
export async function servingCluster(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port });
  const deadline = setTimeout(() => socket.destroy(), PATIENCE_MS);
  const chunks: Buffer[] = [];
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
    socket.write(metadataRequest());
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      const received = Buffer.concat(chunks);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) return clusterOf(received);
    }
    return undefined;
  } catch {
    // Refused, reset or cut off: it does not serve yet, and the caller asks again.
    return undefined;
  } finally {
    clearTimeout(deadline);
    socket.on('error', () => undefined).destroy();
  }
}

/** Asks for no topic, and that none be made. */
function metadataRequest(): Buffer {
  const client = Buffer.from('voltap-stack');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4 + 1);
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(METADATA.key, at);
  at = request.writeInt16BE(METADATA.version, at);
  at = request.writeInt32BE(1, at);
  at = request.writeInt16BE(client.length, at);
  at += client.copy(request, at);
  at = request.writeInt32BE(0, at);
  request.writeInt8(0, at);
  return request;
}

/** Length, correlation id and throttle time; the brokers (id, host, port, rack); the cluster id. */
function clusterOf(response: Buffer): string | undefined {
  let at = 12;
  const text = (): string => {
    const length = response.readInt16BE(at);
    at += 2 + Math.max(length, 0);
    return response.toString('utf8', at - Math.max(length, 0), at);
  };
  const brokers = response.readInt32BE(at);
  at += 4;
  for (let index = 0; index < brokers; index += 1) {
    at += 4;
    text();
    at += 4;
    text();
  }
  return brokers > 0 ? text() : undefined;
}
