import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import {
  aNeverStarted,
  anEnd,
  aPartner,
  type CdrsBench,
  cdrsBench,
  deliveredEvent,
  endEvent,
  partnerEvent,
} from './cdrs-bench.js';

const MODES = [
  ['in order', {}],
  ['with every event delivered twice', { deliverTwice: true }],
  ['with every first handling failing after its effect', { failFirst: true }],
  ['with the order across keys permuted', { permuteSeed: 7 }],
] as const;

describe.each(MODES)('one CDR for one session, %s', (_name, consumption) => {
  let bench: CdrsBench;

  beforeAll(async () => {
    bench = await cdrsBench({ consumption });
  });

  afterAll(() => bench?.platform.close());

  it('is made and accepted once for each, though ends, partners and receipts come as they will', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `S-${n}`);
    const ends = ids.map((id) => endEvent(anEnd({ id })));
    // The ends before the partner; and each told twice as an event of its own.
    await bench.platform.publish(...ends, ...ends, endEvent(aNeverStarted('NEVER', 'partner-1')));
    await bench.platform.publish(partnerEvent(aPartner('partner-1')));
    const made = [];
    for (const id of [...ids, 'NEVER']) made.push((await bench.until(id)).cdr);
    const deliveries = made.map((cdr) => deliveredEvent(cdr));
    await bench.platform.publish(...deliveries, ...deliveries);
    await waitUntil(() => new Set(bench.accepted.map(({ key }) => key)).size === made.length, {
      describe: 'every CDR to be accepted',
    });
    // What comes last proves that everything before it was handled.
    await bench.platform.publish(endEvent(anEnd({ id: 'LAST' })));
    await bench.until('LAST');

    for (const id of ids) expect(bench.createdFor(id)).toHaveLength(1);
    expect(bench.accepted).toHaveLength(made.length);
    expect((await bench.seenBy('partner-1')).body.data).toHaveLength(ids.length + 2);
  });
});
