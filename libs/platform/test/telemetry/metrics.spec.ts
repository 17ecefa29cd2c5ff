import { describe, expect, it } from '@jest/globals';
import { createLogger, joinExpositions, METRICS, Metrics } from '@voltap/platform/telemetry';

const logger = createLogger({ level: 'silent', service: 'test' });

describe('the metrics of a service', () => {
  it('are told as Prometheus text, under their OpenTelemetry names, apart from those of another service', async () => {
    const tokens = new Metrics('tokens', logger);
    const other = new Metrics('cdrs', logger);
    tokens.count('messaging.client.sent.messages', { 'messaging.destination.name': 'token.changed' }, 3);
    other.count('messaging.client.sent.messages', { 'messaging.destination.name': 'cdr.created' });
    tokens.time('voltap.job.duration', performance.now() - 3, { 'voltap.job.name': 'prune' });
    tokens.observe(['voltap.outbox.backlog'], async () => [{ name: 'voltap.outbox.backlog', value: 7 }]);
    const text = await tokens.expose();
    expect(text).toContain('# TYPE messaging_client_sent_messages_total counter');
    expect(text).toContain(
      'messaging_client_sent_messages_total{messaging_destination_name="token.changed",service_name="tokens"} 3',
    );
    expect(text).toContain('voltap_outbox_backlog{service_name="tokens"} 7');
    expect(text).toMatch(/voltap_job_duration_bucket\{voltap_job_name="prune",service_name="tokens",le="0.005"\} 1/);
    expect(text).not.toContain('cdr.created');
    const joined = joinExpositions([text, await other.expose()]);
    expect(joined.match(/# TYPE messaging_client_sent_messages_total/g)).toHaveLength(1);
    expect(joined).toContain('cdr.created');
    await tokens.close();
    await other.close();
  });

  it('are told as 0 where they begin before what they count, so that the first one is an increase', async () => {
    const metrics = new Metrics('locations', logger);
    metrics.begin('voltap.locations.evses.removed', {});
    expect(await metrics.expose()).toContain('voltap_locations_evses_removed_total{service_name="locations"} 0');
    metrics.count('voltap.locations.evses.removed', {}, 2);
    expect(await metrics.expose()).toContain('voltap_locations_evses_removed_total{service_name="locations"} 2');
    await metrics.close();
  });

  it('are told of what is so now, not of what was so', async () => {
    const metrics = new Metrics('gateway', logger);
    let partners = ['one', 'two'];
    metrics.observe(['voltap.deliveries.held'], async () =>
      partners.map((id) => ({ name: 'voltap.deliveries.held', value: 1, attributes: { 'voltap.partner.id': id } })),
    );
    metrics.begin('voltap.locations.evses.removed', {});
    expect(await metrics.expose()).toMatch(/voltap_partner_id="one"[\s\S]*voltap_partner_id="two"/);
    partners = ['two'];
    const text = await metrics.expose();
    expect(text.match(/^voltap_deliveries_held\{.*/gm)).toEqual([
      'voltap_deliveries_held{voltap_partner_id="two",service_name="gateway"} 1',
    ]);
    expect(text).toContain('voltap_locations_evses_removed_total{service_name="gateway"} 0');
    partners = [];
    expect(await metrics.expose()).not.toContain('voltap_deliveries_held{');
    await metrics.close();
  });

  it('are told also when one of them cannot be read', async () => {
    const metrics = new Metrics('tokens', logger);
    metrics.observe(['voltap.consumer.lag'], async () => {
      throw new Error('the log is away');
    });
    metrics.observe(['voltap.outbox.backlog'], async () => [{ name: 'voltap.outbox.backlog', value: 1 }]);
    const text = await metrics.expose();
    expect(text).toContain('voltap_outbox_backlog');
    expect(text).not.toContain('voltap_consumer_lag');
    await metrics.close();
  });

  it('have a description and a unit each', () => {
    for (const [name, { unit, description }] of Object.entries(METRICS)) {
      expect([name, unit.length > 0 && description.length > 20]).toEqual([name, true]);
    }
  });
});
