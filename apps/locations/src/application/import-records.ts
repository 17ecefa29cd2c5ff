import type { Readable } from 'node:stream';
import { VoltapError } from '@voltap/kernel';

/** One record of an import, or why it is none. */
export type ImportRecord = { readonly value: unknown } | { readonly problem: string };

/**
 * The records of a body, one by one while it arrives. Each one that came before a break is handed out before the break
 * is told. What follows a break is read and dropped, so that the sender gets to hear of it.
 * @throws VoltapError invalid_json where the body breaks.
 */
export async function* importRecords(stream: Readable, format: 'array' | 'ndjson'): AsyncGenerator<ImportRecord> {
  stream.setEncoding('utf8');
  try {
    const chunks: AsyncIterable<string> = stream.iterator({ destroyOnReturn: false });
    if (format === 'array') yield* arrayElements(chunks);
    else yield* lines(chunks);
  } finally {
    stream.resume();
  }
}

/** Elements of one JSON array, found by brackets and strings alone and parsed one by one. */
async function* arrayElements(chunks: AsyncIterable<string>): AsyncGenerator<ImportRecord> {
  let state: 'before' | 'inside' | 'behind' = 'before';
  let depth = 0;
  let text = false;
  let escaped = false;
  let element = '';
  let count = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const character = chunk[at] ?? '';
      if (state !== 'inside') {
        if (character.trim() === '') continue;
        if (state === 'behind') throw broken('something follows the array');
        if (character !== '[') throw broken('it does not begin with [');
        state = 'inside';
        from = at + 1;
      } else if (text) {
        if (escaped) escaped = false;
        else if (character === '\\') escaped = true;
        else if (character === '"') text = false;
      } else if (character === '"') text = true;
      else if (character === '{' || character === '[') depth += 1;
      else if (depth > 0) {
        if (character === '}' || character === ']') depth -= 1;
      } else if (character === ',' || character === ']') {
        element += chunk.slice(from, at);
        from = at + 1;
        const empty = character === ']' && count === 0 && element.trim() === '';
        if (!empty) yield { value: parsed(element, count) };
        count += 1;
        element = '';
        if (character === ']') state = 'behind';
      }
    }
    if (state === 'inside') element += chunk.slice(from);
  }
  if (state === 'before') throw broken('it is empty');
  if (state === 'inside') throw broken(`it ends within the array, after ${count} records`);
}

function parsed(element: string, index: number): unknown {
  try {
    return JSON.parse(element) as unknown;
  } catch (cause) {
    throw broken(`record ${index}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function broken(reason: string, cause?: unknown): VoltapError {
  return new VoltapError('invalid_json', `The body is not a JSON array of locations: ${reason}.`, { cause });
}

async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<ImportRecord> {
  let rest = '';
  for await (const chunk of chunks) {
    const complete = (rest + chunk).split('\n');
    rest = complete.pop() ?? '';
    for (const line of complete) if (line.trim() !== '') yield lineRecord(line);
  }
  if (rest.trim() !== '') yield lineRecord(rest);
}

function lineRecord(line: string): ImportRecord {
  try {
    return { value: JSON.parse(line) as unknown };
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
