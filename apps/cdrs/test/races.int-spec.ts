import { afterAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { cdrs } from '../src/service.js';
import { anEnd, aPartner, type CdrsBench, cdrsBench, deliveredEvent, endEvent, partnerEvent } from './cdrs-bench.js';

describe('two replicas that are told of one end many times at once', () => {
  let bench: CdrsBench;

  afterAll(() => bench?.platform.close());

  it('make one CDR, and accept it once', async () => {
    bench = await cdrsBench();
    await bench.platform.start(cdrs);
    await bench.platform.publish(partnerEvent(aPartner('partner-1')));
    const sessions = ['RACE-1', 'race-2'];
    // Under keys of many partitions, so that they are handled side by side.
    const told = sessions.flatMap((id) =>
      Array.from({ length: 16 }, (_, index) => ({ ...endEvent(anEnd({ id })), key: `anywhere-${index}` })),
    );
    await bench.platform.publish(...told);
    const made = await Promise.all(sessions.map((id) => bench.until(id)));
    await bench.platform.publish(
      ...made.flatMap(({ cdr }) =>
        Array.from({ length: 16 }, (_, index) => ({ ...deliveredEvent(cdr), key: `anywhere-${index}` })),
      ),
    );
    await waitUntil(() => bench.accepted.length >= sessions.length, { describe: 'both to be accepted' });
    // An event behind every one of them: when these are handled, all of them were.
    const last = Array.from({ length: 16 }, (_, index) => `LAST-${index}`);
    await bench.platform.publish(
      ...last.map((id, index) => ({ ...endEvent(anEnd({ id })), key: `anywhere-${index}` })),
    );
    const behind = await Promise.all(last.map((id) => bench.until(id)));
    await bench.platform.publish(
      ...behind.map(({ cdr }, index) => ({ ...deliveredEvent(cdr), key: `anywhere-${index}` })),
    );
    const acceptances = (id: string) => bench.accepted.filter(({ payload }) => payload.cdrId === id);
    await waitUntil(() => behind.every(({ cdr }) => acceptances(cdr.id).length > 0), {
      describe: 'all to be accepted',
    });
    for (const id of sessions) expect(bench.createdFor(id)).toHaveLength(1);
    for (const { cdr } of made) expect(acceptances(cdr.id)).toHaveLength(1);
    expect((await bench.seenBy('partner-1')).body.data).toHaveLength(sessions.length + last.length);
  });
});
