import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aConfirmation } from '@voltap/ocpi/testkit';
import { METRICS } from '@voltap/platform/telemetry';
import { waitUntil } from '@voltap/platform/testing';
import { playCharge } from '@voltap/simulator';
import { expectSettledOnce } from './stage/settled-charge.js';
import { openStage, type Stage } from './stage/stage.js';

/** Counters and histograms have no series before what they count has happened; these need something to go wrong, or TLS. */
const NOT_HERE = new Set([
  'voltap.partners.certificate.remaining',
  'voltap.inbox.retries',
  'voltap.inbox.set_aside',
  'voltap.set_aside.waiting',
  'voltap.set_aside.parked_keys',
  'voltap.set_aside.replays',
]);

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesOf(text: string): Sample[] {
  return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  }));
}

describe('what the services measure', () => {
  let stage: Stage;
  let samples: Sample[];

  const read = async () => samplesOf(await (await fetch(`${stage.platform.healthUrl}/metrics`)).text());
  const sum = (name: string, labels: Record<string, string>): number =>
    samples
      .filter(
        (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      )
      .reduce((total, { value }) => total + value, 0);

  beforeAll(async () => {
    stage = await openStage();
    const { charge } = await playCharge(stage.simulator, { minutes: 2, ocpiVersion: '2.3.0' });
    await expectSettledOnce(stage.simulator, charge.authorizationReference);
    const { ptp, operator, backEnd, memory } = stage.simulator;
    const { country_code, party_id, session_id, total_cost } =
      ptp.store.state.cdrs[ptp.desk.charge(charge.authorizationReference).cdrKey ?? ''] ?? {};
    await operator.put(`/back-end-cdrs/${country_code}/${party_id}/${session_id}`, { cdr: { total_cost } });
    const { ownToken } = stage.simulator.ptp.store.registration;
    const authorization = `Token ${Buffer.from(ownToken).toString('base64')}`;
    const base = `${stage.platform.gatewayUrl}/ocpi/cpo/2.3.0`;
    await fetch(`${base}/locations`, { headers: { authorization: 'Token bm9ib2R5' } });
    await fetch(`${base}/commands/START_SESSION`, { method: 'POST', headers: { authorization }, body: '{}' });
    for (const name of ['one', 'two', 'three']) await fetch(`${base}/${name}`, { headers: { authorization } });
    // Of deliveries and of money that does not agree there are series only while there is some.
    const unknown = await fetch(`${base}/payments/financial-advice-confirmations`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(aConfirmation({ authorization_reference: 'of-no-charge' })),
    });
    expect(await unknown.json()).toMatchObject({ status_code: 1000 });
    await operator.post(`/delivery-queues/${memory.partnerId}/pause`, { reason: 'to be measured' });
    const [point] = backEnd.network.all;
    if (point === undefined) throw new Error('the back-end has no charger');
    backEnd.setStatus(point, 'OUTOFORDER');
    samples = await waitUntil(
      async () => {
        const found = await read();
        const late = [
          'voltap_partner_calls_total',
          'voltap_terminals_silent',
          'voltap_deliveries_open',
          'voltap_reconciliation_open',
        ];
        return late.every((wanted) => found.some(({ name }) => name === wanted)) && found;
      },
      { describe: 'a request to the partner to be measured, its terminals, what waits for it, and money of no charge' },
    );
  });
  afterAll(() => stage?.close());

  it('is all that the catalogue says, after one charge', () => {
    const names = new Set(samples.map(({ name }) => name));
    const missing = Object.entries(METRICS)
      .filter(([name]) => !NOT_HERE.has(name))
      .map(
        ([name, { kind }]) => name.replaceAll('.', '_') + { counter: '_total', histogram: '_count', gauge: '' }[kind],
      )
      .filter((name) => !names.has(name) && name !== 'voltap_starts_recent');
    expect(missing).toEqual([]);
  });

  it('has labels that the catalogue names, and no others', () => {
    const known = new Map<string, Set<string>>(
      Object.entries(METRICS).flatMap(([name, { kind, attributes }]) => {
        const labels = new Set([
          'service_name',
          'service_instance_id',
          'le',
          ...attributes.map((a) => a.replaceAll('.', '_')),
        ]);
        const ends = { counter: ['_total'], histogram: ['_bucket', '_sum', '_count'], gauge: [''] }[kind];
        return ends.map((end): [string, Set<string>] => [name.replaceAll('.', '_') + end, labels]);
      }),
    );
    const strange = samples.flatMap(({ name, labels }) =>
      known.has(name) ? Object.keys(labels).filter((label) => !known.get(name)?.has(label)) : [],
    );
    expect(strange).toEqual([]);
  });

  it('tells requests by partner, module and both status codes, and makes no series of what is asked for in vain', () => {
    const ok = { http_response_status_code: '200' };
    expect(sum('voltap_requests_total', { voltap_module: 'commands', voltap_ocpi_status_code: '1000', ...ok })).toBe(2);
    expect(sum('voltap_requests_total', { voltap_module: 'commands', voltap_ocpi_status_code: '2001', ...ok })).toBe(1);
    const refused = { voltap_module: 'locations', http_response_status_code: '401', voltap_partner_id: 'none' };
    expect(sum('voltap_requests_total', refused)).toBe(1);
    expect(sum('voltap_requests_total', { voltap_module: 'unknown', http_response_status_code: '404' })).toBe(3);
    const modules = new Set(samples.map(({ labels }) => labels.voltap_module));
    expect([...modules].filter((module) => ['one', 'two', 'three'].includes(module ?? ''))).toEqual([]);
  });

  it('tells how commands ended and how long that took, and what deliveries took', () => {
    const accepted = { voltap_command_type: 'START_SESSION', voltap_result: 'ACCEPTED', voltap_decided_by: 'BACK_END' };
    expect(sum('voltap_commands_outcomes_total', accepted)).toBe(1);
    expect(sum('voltap_commands_time_to_result_count', { voltap_command_type: 'START_SESSION' })).toBe(1);
    const cdr = { voltap_delivery_kind: 'cdr', voltap_outcome: 'accepted' };
    expect(sum('voltap_deliveries_attempts_total', cdr)).toBe(1);
    expect(sum('voltap_deliveries_breaker', {})).toBe(0);
    expect(sum('voltap_partners_token_age', {})).toBeGreaterThan(0);
    expect(sum('voltap_locations_known', {})).toBeGreaterThan(0);
  });
});
