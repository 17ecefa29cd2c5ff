/** The dashboards of the chart as values: what is asked, by which query. `npm run docs` writes them as Grafana reads them. */

interface Query {
  readonly expr: string;
  readonly legend?: string;
}

interface Panel {
  readonly title: string;
  readonly description?: string;
  /** Grafana's name of it. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** `timeseries` unless said otherwise. */
  readonly type?: 'timeseries' | 'stat' | 'table';
}

/** A panel on what is found by the reference of a charge, which no metric has. */
interface Search {
  readonly title: string;
  readonly description: string;
  readonly store: 'tempo' | 'loki';
  readonly query: string;
}

/** A choice at the top, from the values of a label. */
interface Variable {
  readonly name: string;
  readonly label: string;
  readonly values: string;
}

export interface Dashboard {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly variable?: Variable;
  readonly panels: readonly Panel[];
  readonly searches?: readonly Search[];
}

const PARTNER = {
  name: 'partner',
  label: 'Partner',
  values: 'label_values(voltap_deliveries_breaker, voltap_partner_id)',
} as const;
const SERVICE = {
  name: 'service',
  label: 'Service',
  values: 'label_values(voltap_outbox_backlog, service_name)',
} as const;

const rate = (name: string, labels = ''): string => `rate(${name}{${labels}}[$__rate_interval])`;
const quantile = (of: number, by: string, name: string, labels = ''): string =>
  `histogram_quantile(${of}, sum by (le, ${by}) (${rate(`${name}_bucket`, labels)}))`;
/** Replicas tell the same gauge: once, then summed. */
const OF_CHARGES = 'voltap_reconciliation_state, voltap_reconciliation_cause, voltap_currency, voltap_age';

export const DASHBOARDS: readonly Dashboard[] = [
  {
    name: 'overview',
    title: 'Voltap: overview',
    description:
      'Is money lost, are drivers served, does anything stand still? Each panel has a dashboard of its own behind it.',
    panels: [
      {
        title: 'Services that are measured',
        description: 'Nine, when all is well.',
        unit: 'short',
        type: 'stat',
        queries: [{ expr: 'count(count by (service_name) (voltap_outbox_backlog))' }],
      },
      {
        title: 'Starts accepted, of all with an outcome',
        unit: 'percentunit',
        type: 'stat',
        queries: [
          {
            expr: 'sum(increase(voltap_commands_outcomes_total{voltap_command_type="START_SESSION", voltap_result="ACCEPTED"}[1h])) / sum(increase(voltap_commands_outcomes_total{voltap_command_type="START_SESSION"}[1h]))',
          },
        ],
      },
      {
        title: 'Charges whose money is overdue',
        unit: 'short',
        type: 'stat',
        queries: [
          { expr: `sum(max by (${OF_CHARGES}) (voltap_reconciliation_charges{voltap_age!="not_due"})) or vector(0)` },
        ],
      },
      {
        title: 'Partners that do not answer',
        unit: 'short',
        type: 'stat',
        queries: [{ expr: 'sum(max by (voltap_partner_id) (voltap_deliveries_breaker))' }],
      },
      {
        title: 'Requests of partners',
        unit: 'reqps',
        queries: [{ expr: `sum by (voltap_module) (${rate('voltap_requests_total')})`, legend: '{{voltap_module}}' }],
      },
      {
        title: 'Requests that failed on our side',
        unit: 'reqps',
        queries: [
          {
            // Partners are told so by a status of OCPI inside of HTTP 200.
            expr: `sum by (voltap_module) (${rate('voltap_requests_total', 'voltap_ocpi_status_code="3000"')} or ${rate('voltap_requests_total', 'http_response_status_code=~"5.."')})`,
            legend: '{{voltap_module}}',
          },
        ],
      },
      {
        title: 'Time until a partner has its answer, 95 of 100',
        unit: 's',
        queries: [
          { expr: quantile(0.95, 'voltap_module', 'http_server_request_duration'), legend: '{{voltap_module}}' },
        ],
      },
      {
        title: 'Oldest event in an outbox',
        unit: 's',
        queries: [{ expr: 'max by (service_name) (voltap_outbox_oldest_age)', legend: '{{service_name}}' }],
      },
    ],
  },
  {
    name: 'partner',
    title: 'Voltap: partner',
    description: 'One partner: what it asks of us, what we ask of it, how both end.',
    variable: PARTNER,
    panels: [
      {
        title: 'Its requests by module',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (voltap_module) (${rate('voltap_requests_total', 'voltap_partner_id=~"$partner"')})`,
            legend: '{{voltap_module}}',
          },
        ],
      },
      {
        title: 'Its requests by status code of OCPI',
        description: '1000: done. 2xxx: the partner asked for what cannot be. 3xxx: we failed.',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (http_response_status_code, voltap_ocpi_status_code) (${rate('voltap_requests_total', 'voltap_partner_id=~"$partner"')})`,
            legend: '{{http_response_status_code}} / {{voltap_ocpi_status_code}}',
          },
        ],
      },
      {
        title: 'Our requests for which a service waits, by outcome',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (voltap_operation, voltap_outcome) (${rate('voltap_partner_calls_total', 'voltap_partner_id=~"$partner"')})`,
            legend: '{{voltap_operation}} {{voltap_outcome}}',
          },
        ],
      },
      {
        title: 'Time that it takes to answer us',
        unit: 's',
        queries: [
          {
            expr: quantile(0.5, 'voltap_partner_id', 'http_client_request_duration', 'voltap_partner_id=~"$partner"'),
            legend: '50 of 100',
          },
          {
            expr: quantile(0.95, 'voltap_partner_id', 'http_client_request_duration', 'voltap_partner_id=~"$partner"'),
            legend: '95 of 100',
          },
        ],
      },
      {
        title: 'Deliveries that wait',
        unit: 'short',
        queries: [
          {
            expr: 'max by (voltap_delivery_kind) (voltap_deliveries_open{voltap_partner_id=~"$partner"})',
            legend: '{{voltap_delivery_kind}}',
          },
        ],
      },
      {
        title: 'Spared, or paused by an operator',
        unit: 'short',
        queries: [
          {
            expr: 'max by (voltap_partner_id) (voltap_deliveries_breaker{voltap_partner_id=~"$partner"})',
            legend: 'spared',
          },
          {
            expr: 'max by (voltap_partner_id) (voltap_deliveries_held{voltap_partner_id=~"$partner"})',
            legend: 'paused',
          },
        ],
      },
      {
        title: 'Age of its token',
        unit: 's',
        queries: [
          {
            expr: 'max by (voltap_partner_id) (voltap_partners_token_age{voltap_partner_id=~"$partner"})',
            legend: '{{voltap_partner_id}}',
          },
        ],
      },
    ],
  },
  {
    name: 'commands',
    title: 'Voltap: commands',
    description: 'From a tap to an outcome: how starts end, who decides, how long drivers wait, and where they fail.',
    panels: [
      {
        title: 'Outcomes of starts',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (voltap_result) (${rate('voltap_commands_outcomes_total', 'voltap_command_type="START_SESSION"')})`,
            legend: '{{voltap_result}}',
          },
        ],
      },
      {
        title: 'Who decided',
        description: 'DEADLINE: nobody answered in time.',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (voltap_command_type, voltap_decided_by) (${rate('voltap_commands_outcomes_total')})`,
            legend: '{{voltap_command_type}} {{voltap_decided_by}}',
          },
        ],
      },
      {
        title: 'Time to the result',
        unit: 's',
        queries: [
          {
            expr: quantile(0.5, 'voltap_command_type', 'voltap_commands_time_to_result'),
            legend: '{{voltap_command_type}}, 50 of 100',
          },
          {
            expr: quantile(0.95, 'voltap_command_type', 'voltap_commands_time_to_result'),
            legend: '{{voltap_command_type}}, 95 of 100',
          },
        ],
      },
      {
        title: 'Oldest result that a partner has not taken',
        unit: 's',
        queries: [
          {
            expr: 'max by (voltap_partner_id) (voltap_deliveries_oldest_age{voltap_delivery_kind="command-result"})',
            legend: '{{voltap_partner_id}}',
          },
        ],
      },
      {
        title: 'EVSEs with the most failed starts of a day',
        unit: 'short',
        type: 'table',
        queries: [
          {
            expr: 'max by (voltap_partner_id, voltap_location_id, voltap_evse_uid, voltap_outcome) (voltap_starts_recent)',
            legend: '{{voltap_location_id}} {{voltap_evse_uid}} {{voltap_outcome}}',
          },
        ],
      },
      {
        title: 'EVSEs where drivers start again and again',
        unit: 'short',
        queries: [{ expr: 'max(voltap_starts_repeated)', legend: 'EVSEs' }],
      },
      {
        title: 'Charges that began after a failed start',
        unit: 'short',
        queries: [
          {
            expr: 'sum by (voltap_orphan_policy) (increase(voltap_commands_orphans_total[$__rate_interval]))',
            legend: '{{voltap_orphan_policy}}',
          },
        ],
      },
      {
        title: 'Reports of charges without a start',
        unit: 'short',
        queries: [{ expr: 'max by (voltap_reason) (voltap_sessions_unbound)', legend: '{{voltap_reason}}' }],
      },
    ],
  },
  {
    name: 'deliveries',
    title: 'Voltap: deliveries',
    description:
      'What leaves for partners: what waits, how old it is, how often it is tried. What becomes of it: docs/flows/deliveries.md.',
    variable: PARTNER,
    panels: [
      {
        title: 'Deliveries that wait',
        unit: 'short',
        queries: [
          {
            expr: 'sum by (voltap_delivery_kind) (max by (voltap_partner_id, voltap_delivery_kind) (voltap_deliveries_open{voltap_partner_id=~"$partner"}))',
            legend: '{{voltap_delivery_kind}}',
          },
        ],
      },
      {
        title: 'Age of the oldest',
        unit: 's',
        queries: [
          {
            expr: 'max by (voltap_partner_id, voltap_delivery_kind) (voltap_deliveries_oldest_age{voltap_partner_id=~"$partner"})',
            legend: '{{voltap_partner_id}} {{voltap_delivery_kind}}',
          },
        ],
      },
      {
        title: 'Attempts by outcome',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (voltap_outcome) (${rate('voltap_deliveries_attempts_total', 'voltap_partner_id=~"$partner"')})`,
            legend: '{{voltap_outcome}}',
          },
        ],
      },
      {
        title: 'Attempts by kind',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (voltap_delivery_kind) (${rate('voltap_deliveries_attempts_total', 'voltap_partner_id=~"$partner"')})`,
            legend: '{{voltap_delivery_kind}}',
          },
        ],
      },
      {
        title: 'Given up or refused for good',
        description: 'Of CDRs each one is money. `voltap deliveries list --state EXHAUSTED` shows them.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (voltap_partner_id, voltap_delivery_kind, voltap_outcome) (voltap_deliveries_given_up{voltap_partner_id=~"$partner"})',
            legend: '{{voltap_partner_id}} {{voltap_delivery_kind}} {{voltap_outcome}}',
          },
        ],
      },
      {
        title: 'Partners that are spared',
        unit: 'short',
        queries: [
          {
            expr: 'max by (voltap_partner_id) (voltap_deliveries_breaker{voltap_partner_id=~"$partner"})',
            legend: '{{voltap_partner_id}}',
          },
        ],
      },
    ],
  },
  {
    name: 'money',
    title: 'Voltap: money',
    description: 'Whether every cent agrees. What each state and cause means: docs/flows/reconciliation.md.',
    panels: [
      {
        title: 'Charges that ought to have gone on, by state',
        unit: 'short',
        queries: [
          {
            expr: `sum by (voltap_reconciliation_state) (max by (${OF_CHARGES}) (voltap_reconciliation_charges{voltap_age!="not_due"}))`,
            legend: '{{voltap_reconciliation_state}}',
          },
        ],
      },
      {
        title: 'The same, by age',
        unit: 'short',
        queries: [
          {
            expr: `sum by (voltap_age) (max by (${OF_CHARGES}) (voltap_reconciliation_charges{voltap_age!="not_due"}))`,
            legend: '{{voltap_age}}',
          },
        ],
      },
      {
        title: 'Charges whose money differs, by cause',
        unit: 'short',
        queries: [
          {
            expr: `sum by (voltap_reconciliation_cause) (max by (${OF_CHARGES}) (voltap_reconciliation_charges{voltap_reconciliation_cause!="none"}))`,
            legend: '{{voltap_reconciliation_cause}}',
          },
        ],
      },
      {
        title: 'Billed and not captured, in units of each currency',
        unit: 'short',
        queries: [
          {
            expr: `sum by (voltap_currency) (max by (${OF_CHARGES}) (voltap_reconciliation_open))`,
            legend: '{{voltap_currency}}',
          },
        ],
      },
      {
        title: 'Charges on their way',
        unit: 'short',
        queries: [
          {
            expr: `sum by (voltap_reconciliation_state) (max by (${OF_CHARGES}) (voltap_reconciliation_charges{voltap_age="not_due"}))`,
            legend: '{{voltap_reconciliation_state}}',
          },
        ],
      },
      {
        title: 'Keys that are parked',
        description: 'An event about money failed for good; what follows under its key waits.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (service_name, messaging_destination_name) (voltap_set_aside_parked_keys)',
            legend: '{{service_name}} {{messaging_destination_name}}',
          },
        ],
      },
    ],
  },
  {
    name: 'messaging',
    title: 'Voltap: messaging',
    description: 'How events move between the nine services. What to look at first: docs/flows/messaging.md.',
    variable: SERVICE,
    panels: [
      {
        title: 'Age of the oldest event in the outbox',
        description: 'Does the relay keep up? Above a minute nobody hears of what happened.',
        unit: 's',
        queries: [
          {
            expr: 'max by (service_name) (voltap_outbox_oldest_age{service_name=~"$service"})',
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Events that the log does not have yet',
        unit: 'short',
        queries: [
          {
            expr: 'max by (service_name) (voltap_outbox_backlog{service_name=~"$service"})',
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Consumer lag',
        description: 'Events of a topic that the group has not committed yet.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (service_name, messaging_destination_name) (voltap_consumer_lag{service_name=~"$service"})',
            legend: '{{service_name}} {{messaging_destination_name}}',
          },
        ],
      },
      {
        title: 'Events settled',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (service_name) (${rate('messaging_client_consumed_messages_total', 'service_name=~"$service"')})`,
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Time of a transaction over events, 95 of 100',
        unit: 's',
        queries: [
          {
            expr: quantile(0.95, 'service_name', 'messaging_process_duration', 'service_name=~"$service"'),
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Handlings that failed and are repeated',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (service_name, error_type) (${rate('voltap_inbox_retries_total', 'service_name=~"$service"')})`,
            legend: '{{service_name}} {{error_type}}',
          },
        ],
      },
      {
        title: 'Waiting for a part of ours',
        description: '1 while its database or Kafka is away, full or read-only.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (service_name) (voltap_inbox_waiting{service_name=~"$service"})',
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Set aside, waiting for a replay or a discard',
        description: 'Money events hold back all that follows under their key.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (service_name, messaging_destination_name, voltap_event_kind) (voltap_set_aside_waiting{service_name=~"$service"})',
            legend: '{{service_name}} {{messaging_destination_name}} {{voltap_event_kind}}',
          },
        ],
      },
      {
        title: 'Events sent',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (service_name) (${rate('messaging_client_sent_messages_total', 'service_name=~"$service"')})`,
            legend: '{{service_name}}',
          },
        ],
      },
      {
        title: 'Runs of jobs that failed',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (service_name, voltap_job_name) (${rate('voltap_job_duration_count', 'service_name=~"$service", error_type!=""')})`,
            legend: '{{service_name}} {{voltap_job_name}}',
          },
        ],
      },
    ],
  },
  {
    name: 'one-charge',
    title: 'Voltap: one charge',
    description:
      'All that was traced and logged of one charge, by its authorization reference. Its money: `voltap reconciliation show REFERENCE`.',
    panels: [],
    searches: [
      {
        title: 'Its steps',
        description: 'Each a trace; the links of a span lead to the step that caused it.',
        store: 'tempo',
        query: '{ span.voltap.authorization_reference = "$reference" }',
      },
      {
        title: 'Steps that failed',
        description: 'Kept with all that led to them.',
        store: 'tempo',
        query: '{ span.voltap.authorization_reference = "$reference" && status = error }',
      },
      {
        title: 'Its lines in the logs',
        description: 'Of all services, in order of time.',
        store: 'loki',
        query: '{service_namespace="voltap"} |= "$reference" | json',
      },
    ],
  },
];

const WIDTH = 12;
const HEIGHT = 8;

/** As Grafana reads it. */
export function dashboardText({ name, title, description, variable, panels, searches = [] }: Dashboard): string {
  const chosenAs = (type: string): string => (type === 'prometheus' ? 'datasource' : type);
  const source = (type: string) => ({ type, uid: `\${${chosenAs(type)}}` });
  const place = (index: number) => ({ x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT });
  const chosen = (type: string, label: string) => ({
    name: chosenAs(type),
    label,
    type: 'datasource',
    query: type,
  });
  const stores = new Set(searches.map(({ store }) => store));
  const list: object[] = [];
  if (panels.length > 0) list.push(chosen('prometheus', 'Prometheus'));
  if (stores.has('tempo')) list.push(chosen('tempo', 'Tempo'));
  if (stores.has('loki')) list.push(chosen('loki', 'Loki'));
  if (searches.length > 0)
    list.push({ name: 'reference', label: 'Authorization reference', type: 'textbox', query: '' });
  if (variable !== undefined) {
    list.push({
      name: variable.name,
      label: variable.label,
      type: 'query',
      datasource: source('prometheus'),
      query: { query: variable.values, refId: variable.name },
      multi: true,
      includeAll: true,
      refresh: 2,
    });
  }
  const drawn = panels.map(({ type = 'timeseries', queries, unit, ...words }, index) => ({
    id: index + 1,
    title: words.title,
    ...(words.description === undefined ? {} : { description: words.description }),
    type,
    datasource: source('prometheus'),
    gridPos: place(index),
    fieldConfig: { defaults: { unit, ...(type === 'timeseries' ? { min: 0 } : {}) }, overrides: [] },
    options:
      type === 'timeseries'
        ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
        : {},
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: source('prometheus'),
      expr: expr.replace(/\{\}/g, ''),
      ...(legend === undefined ? {} : { legendFormat: legend }),
      ...(type === 'timeseries' ? {} : { instant: true }),
      ...(type === 'table' ? { format: 'table' } : {}),
    })),
  }));
  const searched = searches.map(({ title: heading, description: told, store, query }, index) => ({
    id: panels.length + index + 1,
    title: heading,
    description: told,
    type: store === 'tempo' ? 'table' : 'logs',
    datasource: source(store),
    gridPos: { x: 0, y: index * HEIGHT, w: 2 * WIDTH, h: HEIGHT },
    targets: [
      store === 'tempo'
        ? { refId: 'A', datasource: source(store), queryType: 'traceql', query, limit: 200, tableType: 'traces' }
        : { refId: 'A', datasource: source(store), expr: query, queryType: 'range' },
    ],
  }));
  const dashboard = {
    uid: `voltap-${name}`,
    title,
    description,
    tags: ['voltap'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list },
    panels: [...drawn, ...searched],
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
