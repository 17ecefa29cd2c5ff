/**
 * More than fifty commands of the partner, as another process of the gateway counted them until seven hours ago; in the text of
 * OpenMetrics, labelled as the scrape of this platform is.
 */
export function commandsUntilLastNight(partnerId: string, healthUrl: string): string {
  const minute = 60;
  const end = Math.floor(Date.now() / 1_000) - 7 * 60 * minute;
  const labels = [
    `job="voltap",instance="${new URL(healthUrl).host}",service_name="gateway",service_instance_id="gateway-of-yesterday"`,
    `voltap_partner_id="${partnerId}",voltap_module="commands",http_response_status_code="200",voltap_ocpi_status_code="1000"`,
  ];
  const samples = Array.from(
    { length: 100 },
    (_, index) => `voltap_requests_total{${labels.join()}} ${index} ${end - (99 - index) * 5 * minute}`,
  );
  return ['# TYPE voltap_requests counter', ...samples, '# EOF', ''].join('\n');
}
