import { describe, expect, it } from '@jest/globals';
import { VoltapError } from '@voltap/kernel';
import { createLogger } from '@voltap/platform/telemetry';
import { QueryFailedError } from 'typeorm';

function written(log: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  log(createLogger({ level: 'trace', service: 'test', destination: { write: (line) => void lines.push(line) } }));
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  return lines.join('');
}

const CARD = '4111111111111111';

describe('a line of the log', () => {
  it('hides fields that open something or say who paid, at any depth', () => {
    const text = written((logger) =>
      logger.info({
        headers: { authorization: 'Token c2VjcmV0LW9uZQ==' },
        body: { data: [{ token: 'secret-two', eft_data: ['secret-three'] }], response_url: 'secret-four' },
        tokenA: 'secret-five',
        partnerId: 'p-1',
      }),
    );
    expect(text).not.toMatch(/secret-|c2VjcmV0/);
    expect(text).toContain('"partnerId":"p-1"');
  });

  it('has of a failed statement neither values nor the row that they stand in', () => {
    const driverError = Object.assign(new Error('duplicate key value violates unique constraint "callback_pkey"'), {
      code: '23505',
      detail: 'Key (token)=(secret-six) already exists.',
    });
    const error = new QueryFailedError('insert into callback values ($1)', ['secret-seven'], driverError);
    const text = written((logger) => logger.warn({ error }, 'it failed'));
    expect(text).not.toContain('secret-');
    expect(text).toContain('QueryFailedError');
    expect(text).toContain('duplicate key value');
  });

  it('tells the causes of an error, and hides in its words tokens, queries of addresses, passwords and card numbers', () => {
    const cause = new Error(`GET https://ptp.example/back?key=secret-eight with Bearer secret-nine: ${CARD}`);
    const error = new VoltapError('unavailable', 'postgres://user:secret-ten@db/x does not answer', { cause });
    const text = written((logger) => logger.error({ error }, `paid with ${CARD.replace(/(\d{4})(?=\d)/g, '$1 ')}`));
    expect(text).not.toMatch(/secret-|4111/);
    expect(text).toContain('https://ptp.example/back?[redacted]');
    expect(text).toContain('"code":"unavailable"');
  });

  it('leaves ids, times and amounts as they are', () => {
    const fields = { id: '01936f6e-0000-7000-8000-411111111111', offset: '1234567890123', at: '2026-11-30T18:00:00Z' };
    const text = written((logger) => logger.info(fields, 'position voltap.cdr.created.v1/3/4111111111111112'));
    for (const value of Object.values(fields)) expect(text).toContain(value);
    expect(text).toContain('4111111111111112');
  });
});
