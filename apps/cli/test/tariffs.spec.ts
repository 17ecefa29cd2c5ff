import { afterEach, describe, expect, it } from '@jest/globals';
import { aTariff } from '@voltap/ocpi/testkit';
import { voltap } from '../src/program.js';
import { startBackOfficeDouble } from './back-office-double.js';

describe('voltap tariffs', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  async function run(...words: string[]): Promise<{ printed: string; asked: string[] }> {
    const asked: string[] = [];
    const printed: string[] = [];
    const backOffice = await startBackOfficeDouble((path, { method }) => {
      asked.push(`${method} ${path}`);
      const tariff = aTariff({ id: 'T*50', end_date_time: '2026-04-01T00:00:00Z' });
      const record = { revision: 3, tariff, audience: ['payter', 'ccv'] };
      return { status: 200, body: method === 'PUT' ? record : { items: [record], next: null } };
    });
    opened.push(backOffice);
    const terminal = { print: (text: string) => printed.push(text), tell: () => undefined, input: async () => '' };
    const program = voltap(terminal, { VOLTAP_API_KEY: 'key' });
    await program.parseAsync(['--url', backOffice.url, 'tariffs', ...words], { from: 'user' });
    return { printed: printed.join('\n'), asked };
  }

  it('list shows from when until when, and for whom', async () => {
    expect((await run('list')).printed).toMatch(/DE\*VLT\*T\*50 .* 3 +- +2026-04-01T00:00:00Z +payter ccv/);
  });

  it('audience says whom a tariff is for, and asks where that is not said', async () => {
    const { printed, asked } = await run('audience', 'DE*VLT*T*50', '--partner', 'payter', '--partner', 'ccv');
    expect(asked).toEqual(['PUT /tariffs/DE/VLT/T*50/audience']);
    expect(printed).toBe('DE*VLT*T*50 is for payter ccv.');
    await expect(run('audience', 'DE*VLT*T1')).rejects.toThrow('--partner, --everyone or --nobody');
    await expect(run('audience', 'DE*VLT*T1', '--everyone', '--nobody')).rejects.toThrow('one of them');
    await expect(run('audience', 'T1', '--everyone')).rejects.toThrow('names no tariff; DE*VLT*T-50 does');
  });
});
