import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { importRecords } from '../src/application/import-records.js';

/** Records and the message of the break, of bytes that arrive in pieces of this size. */
async function read(text: string, size: number, format: 'array' | 'ndjson' = 'array') {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const records: unknown[] = [];
  try {
    for await (const record of importRecords(Readable.from(pieces, { objectMode: false }), format))
      records.push(record);
  } catch (error) {
    return { records, error: (error as Error).message };
  }
  return { records, error: null };
}

describe('the records of an import', () => {
  const values = [{ a: '},]"\\', b: [1, [2], {}] }, {}, [], 'ü€😀,', -1.5e3, null, true, { '"[': '\\"' }];
  const records = values.map((value) => ({ value }));

  it('are the elements of the array, wherever the body is cut into pieces', async () => {
    for (const text of [JSON.stringify(values), ` \n${JSON.stringify(values, null, 2)}\r\n`]) {
      for (const size of [1, 2, 3, 7, 1000]) expect(await read(text, size)).toEqual({ records, error: null });
    }
    expect(await read('[ ]', 1)).toEqual({ records: [], error: null });
  });

  it('are all that came before a break, and the break is told', async () => {
    const whole = JSON.stringify(values).slice(0, -1);
    for (const size of [1, 5, 1000]) {
      expect(await read(`${whole},{"id": oops}]`, size)).toEqual({
        records,
        error: expect.stringContaining('record 8'),
      });
      expect(await read(`${whole},{"id": 1`, size)).toEqual({ records, error: expect.stringContaining('ends within') });
      expect(await read(`${whole},]`, size)).toEqual({ records, error: expect.stringContaining('record 8') });
      expect(await read(`${whole}] x`, size)).toEqual({ records, error: expect.stringContaining('follows') });
    }
    for (const text of ['', '{}', '[,]', '[}]', '[1 2]']) {
      expect(await read(text, 3)).toEqual({ records: [], error: expect.stringContaining('not a JSON array') });
    }
  });

  it('are the lines of NDJSON, the last one also without an end', async () => {
    for (const size of [1, 4, 1000]) {
      expect(await read('{"a":1}\r\n\n{oops\n{"b":"€"}', size, 'ndjson')).toEqual({
        records: [{ value: { a: 1 } }, { problem: expect.stringContaining('not JSON') }, { value: { b: '€' } }],
        error: null,
      });
    }
  });
});
