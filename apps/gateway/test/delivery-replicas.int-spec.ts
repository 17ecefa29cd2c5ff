import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCdr } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { gateway } from '../src/service.js';
import { DeliveryStage, told } from './delivery-stage.js';
import { MisbehavingPartner } from './misbehaving-partner.js';

/** Longer than a lease is given for. */
const LEASE_SECONDS = 6;

describe('deliveries of two gateways', () => {
  let stage: DeliveryStage;
  let partner: MisbehavingPartner;

  beforeAll(async () => {
    stage = await DeliveryStage.start({
      VOLTAP_GATEWAY_PARTNER_CONCURRENCY: '1',
      VOLTAP_GATEWAY_PARTNER_TIMEOUT_MS: '60000',
    });
    await stage.platform.start(gateway);
    partner = await MisbehavingPartner.start();
    await stage.tell(stage.partner(partner.url, 1));
  });
  afterAll(async () => {
    await stage?.close();
    await partner?.stop();
  });

  it('sends a CDR once whose answer takes longer than the lease of its partner (CDR-01)', async () => {
    let answer = (): void => undefined;
    const thought = new Promise<'accept'>((resolve) => {
      answer = () => resolve('accept');
    });
    partner.behave = () => thought;
    await stage.publish(told.cdr(aCdr({ id: 'C1', session_id: undefined })));
    await waitUntil(() => partner.received.length > 0, { describe: 'the CDR at the partner' });
    const [first] = await stage.sql<{ owner: string }>('select owner from lease where name = $1', [
      'deliveries partner',
    ]);
    const [{ since } = { since: null }] = await stage.sql<{ since: Date }>('select clock_timestamp() as since');
    await waitUntil(
      async () => {
        const rows = await stage.sql<{ owner: string }>(
          `select owner from lease where name = $1 and expires_at > $2::timestamptz + $3 * interval '1 second'`,
          ['deliveries partner', since, 2 * LEASE_SECONDS],
        );
        return partner.received.length > 1 || rows.some(({ owner }) => owner === first?.owner);
      },
      { describe: 'more than the time of a lease to pass' },
    );
    answer();
    await stage.delivered('DE*VLT*C1', 'SUCCEEDED');
    expect(partner.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /cdrs']);
  });
});
