import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { playCharge } from '@voltap/simulator';
import { alertFiles } from './stage/alert-drill.js';
import { namedStack } from './stage/named-stack.js';
import { type Prometheus, startPrometheus } from './stage/prometheus.js';
import { ROOT } from './stage/running-platform.js';
import { expectSettledOnce } from './stage/settled-charge.js';
import { openStage, type Stage } from './stage/stage.js';

const FILES = join(ROOT, 'charts/voltap/files');

interface Query {
  readonly where: string;
  readonly expr: string;
}

/** Series that are there only when something went wrong, or only while it is under way. */
const NOT_NOW =
  /voltap_(inbox_retries|set_aside_|commands_orphans|starts_recent|deliveries_(open|oldest_age|given_up)|reconciliation_)|error_type!=|"5\.\."/;

function queries(): Query[] {
  return readdirSync(join(FILES, 'dashboards')).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(FILES, 'dashboards', file), 'utf8')) as {
      panels: {
        title: string;
        datasource: { type: string };
        targets: { expr: string }[];
      }[];
    };
    return panels
      .filter(({ datasource }) => datasource.type === 'prometheus')
      .flatMap(({ title, targets }) =>
        targets.map(({ expr }) => ({
          where: `${file}: ${title}`,
          expr: expr.replaceAll('$__rate_interval', '1m').replace(/\$(service|partner)/g, '.*'),
        })),
      );
  });
}

// On Kafka, Redis and PostgreSQL, and asked of a real Prometheus.
describe('dashboards and alerts beside a platform that serves', () => {
  let stage: Stage;
  let prometheus: Prometheus;

  beforeAll(async () => {
    stage = await openStage({ platform: { stack: namedStack(), environment: { VOLTAP_GATEWAY_RETRY_MS: '100' } } });
    prometheus = await startPrometheus(String(stage.platform.healthUrl), alertFiles());
    const { charge } = await playCharge(stage.simulator, { minutes: 2, ocpiVersion: '2.3.0' });
    await expectSettledOnce(stage.simulator, charge.authorizationReference);
  });
  afterAll(async () => {
    await prometheus?.close();
    await stage?.close();
  });

  it.each(queries().map(({ where, expr }) => [where, expr]))('%s shows something', async (_where, expr) => {
    if (NOT_NOW.test(expr)) {
      // Nothing is wrong, so that nothing is found; what is asked is understood.
      await prometheus.query(expr);
      return;
    }
    const found = await waitUntil(async () => (await prometheus.query(expr)).length, {
      describe: `something to be found by ${expr}`,
    });
    expect(found).toBeGreaterThan(0);
  });

  it('raises no alert while all is well', async () => {
    // What was under way at a look is pending until the next, and a start that was slow for as long as rates look back,
    // long before it would wake anybody.
    await waitUntil(async () => (await prometheus.alerts()).length === 0, {
      describe: 'nothing to be pending',
      timeoutMs: 400_000,
    });
  });

  it('VoltapPartnerUnreachable: the partner is gone, and the operator is shown what the runbook names', async () => {
    await stage.simulator.close();
    await waitUntil(
      async () => {
        await reportStatus(stage);
        return (await prometheus.alerts()).includes('VoltapPartnerUnreachable');
      },
      { describe: 'VoltapPartnerUnreachable to be pending' },
    );
    const queue = JSON.stringify(await stage.simulator.operator.get('/delivery-queues'));
    expect(queue).toMatch(/"failures":([5-9]|\d\d)/);
  });
});

let tick = 0;

/** A status that changed, which the partner is to be told. */
async function reportStatus({ platform, simulator }: Stage): Promise<void> {
  tick += 1;
  const { items } = (await simulator.operator.get('/locations?limit=1')) as unknown as {
    items: { location: { country_code: string; party_id: string; id: string; evses: { uid: string }[] } }[];
  };
  const [first] = items;
  if (first === undefined) throw new Error('there are no locations');
  const { country_code, party_id, id, evses } = first.location;
  const evse = evses[tick % evses.length];
  const status = tick % 2 === 0 ? 'BLOCKED' : 'INOPERATIVE';
  await fetch(`${platform.backOfficeUrl}/api/v1/evse-statuses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ country_code, party_id, location_id: id, evse_uid: evse?.uid, status }),
  });
}
