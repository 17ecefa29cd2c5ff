import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { METRICS } from '@voltap/platform/telemetry';
import { monitoringFaults, seriesOf, strangersIn } from '../checks/monitoring.ts';

const ROOT = join(import.meta.dirname, '../..');
const DRILLS = 'apps/e2e/test/drills/partner-and-command-drills.stack-spec.ts';
const series = seriesOf(METRICS);
/** By what the panel that is spoilt groups. */
const CHARGES = ['voltap_reconciliation_state', 'voltap_reconciliation_cause', 'voltap_currency', 'voltap_age'];

describe('alerts, runbooks and dashboards', () => {
  it('ask for what services export, and say what to do', async () => {
    expect(await monitoringFaults(ROOT)).toEqual([]);
  });

  it.each([
    ['sum(rate(voltap_request_total[5m]))', ['nobody exports voltap_request_total']],
    ['voltap_requests', ['nobody exports voltap_requests']],
    ['voltap_requests_total{module="cdrs"}', ['voltap_requests_total has no label module']],
    ['voltap_outbox_backlog{voltap_module=~"$x"} > 0', ['voltap_outbox_backlog has no label voltap_module']],
    ['sum by (partner) (voltap_requests_total)', ['nothing that is asked for has the label partner']],
    ['vector(1)', ['it asks for nothing']],
    [
      'histogram_quantile(0.9, sum by (le) (rate(messaging_process_duration_count[1m])))',
      ['nothing that is asked for has the label le'],
    ],
    ['histogram_quantile(0.9, sum by (le) (rate(messaging_process_duration_bucket{service_name="x"}[1m])))', []],
  ])('are found out when they ask %s', (query, faults) => {
    expect(strangersIn(query, series)).toEqual(faults);
  });
});

describe('the check of them', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'voltap-monitoring-'));
    for (const folder of ['charts/voltap/files', 'docs/runbooks', 'apps/e2e/test'])
      cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    mkdirSync(join(copy, 'libs/platform/dist/telemetry'), { recursive: true });
    writeFileSync(join(copy, 'libs/platform/package.json'), '{ "type": "module" }');
    writeFileSync(
      join(copy, 'libs/platform/dist/telemetry/index.js'),
      `export const METRICS = ${JSON.stringify(METRICS)};`,
    );
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  const change = (path: string, from: string, to: string) => {
    const text = readFileSync(join(copy, path), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(copy, path), text.replace(from, to));
  };

  it('finds nothing in a copy, and each fault that is put into it', async () => {
    expect(await monitoringFaults(copy)).toEqual([]);
    rmSync(join(copy, 'docs/runbooks/VoltapCdrRefused.md'));
    writeFileSync(join(copy, 'docs/runbooks/VoltapOfYesterday.md'), '# old');
    change('docs/runbooks/VoltapStartsFail.md', '## Impact', '## Consequences');
    change('docs/runbooks/README.md', '| [VoltapTokenOld]', '| [VoltapTokenNew]');
    change('docs/runbooks/README.md', `[partner-and-command-drills](../../${DRILLS})`, 'none: nobody can cause it');
    change('docs/runbooks/README.md', '[monitoring](../../apps/e2e/test/monitoring.stack-spec.ts)', 'nobody');
    change(DRILLS, 'VoltapStateLate: ', 'state late: ');
    change('charts/voltap/files/alerts/messaging.yaml', 'severity: critical', 'severity: bad');
    change('charts/voltap/files/alerts/partners.yaml', 'voltap_deliveries_breaker', 'voltap_deliveries_braker');
    change('charts/voltap/files/dashboards/money.json', 'voltap_reconciliation_open', 'voltap_reconciliation_opened');
    expect(await monitoringFaults(copy)).toEqual([
      'alert VoltapCdrRefused: there is no docs/runbooks/VoltapCdrRefused.md',
      'alert VoltapStartsFail: docs/runbooks/VoltapStartsFail.md has other chapters than Meaning, Impact, Diagnosis, Mitigation',
      'alert VoltapOutboxStands: its severity is neither critical nor warning',
      'alert VoltapPartnerUnreachable: nobody exports voltap_deliveries_braker',
      'alert VoltapPartnerUnreachable: nothing that is asked for has the label voltap_partner_id',
      'docs/runbooks/VoltapOfYesterday.md is of no alert',
      'docs/runbooks/README.md names neither the spec that follows VoltapPartnerUnreachable, nor why none does',
      `docs/runbooks/README.md: no test of ../../${DRILLS} is called "VoltapStateLate: …"`,
      'docs/runbooks/README.md has no row of VoltapTokenOld',
      'dashboard money.json: panel 4: nobody exports voltap_reconciliation_opened',
      ...['voltap_currency', ...CHARGES].map(
        (label) => `dashboard money.json: panel 4: nothing that is asked for has the label ${label}`,
      ),
    ]);
  });
});
