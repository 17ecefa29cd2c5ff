/** What a suite asks of the cluster, by its API. */
import { request } from 'node:https';

export interface KubernetesApi {
  /** The answer to a GET; null when there is no such thing. @throws Error for any other answer */
  get<Answer>(path: string): Promise<Answer | null>;
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<void>;
}

export function kubernetesApi(port: number, token: string): KubernetesApi {
  const call = (method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      // Its certificate is its own, and it listens on this machine alone.
      const options = {
        ...{ method, path, port, host: '127.0.0.1', rejectUnauthorized: false },
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      };
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    async get<Answer>(path: string) {
      const { status, text } = await call('GET', path);
      if (status === 404) return null;
      if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`);
      return (text === 'ok' ? { ok: true } : JSON.parse(text)) as Answer;
    },
    async send(method, path, body) {
      const { status, text } = await call(method, path, body);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
    },
  };
}
