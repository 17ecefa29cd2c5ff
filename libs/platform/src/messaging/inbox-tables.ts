export const INBOX_DDL = [
  `create table inbox (id uuid primary key, handled_at timestamptz not null default now())`,
  `create index inbox_age on inbox (handled_at)`,
  `create table parked_event (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key text not null,
    event_id uuid,
    headers jsonb not null,
    value text not null,
    error text not null,
    parked_at timestamptz not null default now(),
    primary key (topic, partition, "offset")
  )`,
  `create index parked_event_key on parked_event (topic, key)`,
];
