import { Agent, request } from 'node:http';

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const AGENT = new Agent({ keepAlive: true, maxSockets: 64 });

/** @throws Error for a status that is no success. */
export function send(call: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { ...call.headers, ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) };
    const sent = request(call.url, { method: call.method, agent: AGENT, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve(text);
        else reject(new Error(`${call.method} ${call.url} was answered ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    sent.on('error', reject);
    sent.end(call.body);
  });
}

/** Sends `count` requests, some at once. @returns requests per second */
export async function rate(count: number, concurrency: number, call: (index: number) => Call): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await send(call(index));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (count / (performance.now() - begin)) * 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The value below which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Ratio of ours to theirs, in rounds that follow one another so that both meet the same noise; the median of them. */
export async function ratio(
  rounds: number,
  ours: (round: number) => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ratio: number; ours: number; theirs: number }> {
  const measured: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push({ theirs: await theirs(), ours: await ours(round) });
  return {
    ratio: median(measured.map((one) => one.ours / one.theirs)),
    ours: median(measured.map((one) => one.ours)),
    theirs: median(measured.map((one) => one.theirs)),
  };
}
