import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import type { CommandResponse } from '@voltap/ocpi/model';
import { aLocation, aSession } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, type Envelope, locationEvent, sessionEvent } from './commands-bench.js';

describe.each(['2.3.0', '2.2.1'] as const)('a stop over OCPI %s that the charge point does not answer', (version) => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await commandsBench({ VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '8' });
    await bench.platform.publish(locationEvent(aLocation()), sessionEvent(aSession({ id: 'SILENT' })));
  });

  afterAll(() => bench?.platform.close());

  it('ends as TIMEOUT, sends the driver to the charge point, and leaves the charge to be stopped again (CMD-07)', async () => {
    const stop = async () => {
      const body = { response_url: CORRELATION_URL_PREFIX + bench.correlation(), session_id: 'SILENT' };
      const path = `/ocpi/cpo/${version}/commands/STOP_SESSION`;
      return (await bench.partner<Envelope<CommandResponse | null>>('POST', path, body)).body.data?.result;
    };
    await waitUntil(async () => (await stop()) === 'ACCEPTED', { describe: 'the session to be known' });
    const stops = () => bench.accepted.filter(({ payload }) => payload.session_id === 'SILENT');
    const first = await waitUntil(() => stops()[0]?.payload, { describe: 'the stop' });
    const [outcome] = await waitUntil(
      () => {
        const outcomes = bench.outcomesOf(first.commandId);
        return outcomes.length > 0 ? outcomes : null;
      },
      { describe: 'the deadline' },
    );
    expect(outcome).toMatchObject({ decidedBy: 'DEADLINE', result: { result: 'TIMEOUT' } });
    const said = outcome?.result.message?.find(({ language }) => language === 'en')?.text ?? '';
    expect(said).toContain('use the charge point or the vehicle itself');
    expect(said).not.toContain('not be charged');
    expect(await stop()).toBe('ACCEPTED');
    const second = await waitUntil(() => stops()[1]?.payload, { describe: 'the second stop' });
    expect(second.commandId).not.toBe(first.commandId);
    expect((await bench.answer(second.commandId, 'ACCEPTED')).status).toBe(200);
  });
});
