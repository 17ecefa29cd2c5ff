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

/** Every event that was set aside, whatever its kind, with what became of it. Takes the place of `parked_event`. */
export const SET_ASIDE_DDL = [
  `create table set_aside_event (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('state', 'money')),
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key text not null,
    event_id uuid,
    headers jsonb not null,
    value text,
    error text not null,
    attempts integer not null default 0,
    set_aside_at timestamptz not null default now(),
    tried_at timestamptz,
    state text not null default 'WAITING' check (state in ('WAITING', 'REPLAYED', 'DISCARDED')),
    settled_at timestamptz,
    settled_by text,
    reason text,
    unique (topic, partition, "offset")
  )`,
  `create index set_aside_event_waiting on set_aside_event (topic, key, id) where state = 'WAITING'`,
  `create index set_aside_event_settled on set_aside_event (settled_at) where state <> 'WAITING'`,
  `insert into set_aside_event (kind, topic, partition, "offset", key, event_id, headers, value, error, set_aside_at)
   select 'money', topic, partition, "offset", key, event_id, headers, value, error, parked_at from parked_event
   order by topic, partition, "offset"`,
  // What waits here is in our charge: a copy that the bus delivers again must not be handled beside it.
  `insert into inbox (id) select event_id from parked_event where event_id is not null on conflict do nothing`,
  `drop table parked_event`,
];
