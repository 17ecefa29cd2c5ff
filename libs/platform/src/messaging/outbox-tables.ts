/** Columns as the Debezium outbox router expects them, so that a relay by change capture needs no new schema. */
export const OUTBOX_DDL = [
  `create table outbox (
    sequence bigserial primary key,
    id uuid not null,
    shard smallint not null,
    aggregatetype text not null,
    aggregateid text not null,
    type text not null,
    headers jsonb not null,
    payload text
  )`,
  `create index outbox_shard on outbox (shard, sequence)`,
];

/** When an event was added: how old the oldest is, tells whether the relay keeps up. */
export const OUTBOX_AGE_DDL = [`alter table outbox add column created_at timestamptz not null default now()`];
