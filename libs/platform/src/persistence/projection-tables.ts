/** What is known of rebuilding the projections of a service, and the rows that a running rebuild has gathered so far. */
export const PROJECTION_REBUILD_DDL = [
  `create table projection_rebuild (
    projection text primary key,
    generation uuid not null,
    state text not null check (state in ('RUNNING', 'DONE', 'FAILED')),
    filled boolean not null default false,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    events_read bigint not null default 0,
    events_left bigint,
    unreadable bigint not null default 0,
    error text
  )`,
  `create table projection_generation (
    projection text not null,
    generation uuid not null,
    key text not null,
    revision bigint not null,
    removed boolean not null,
    content jsonb not null,
    primary key (projection, generation, key)
  )`,
];
