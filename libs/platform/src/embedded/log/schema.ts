import { Client } from 'pg';

/** Applied in order, each once; never edited after a release, only added to. */
const MIGRATIONS: readonly string[] = [
  `
  create table topics (
    name text primary key,
    partitions integer not null,
    compacted boolean not null
  );
  create table partitions (
    id serial primary key,
    topic text not null references topics (name),
    number integer not null,
    next_offset bigint not null default 0,
    compacted_to bigint not null default 0,
    unique (topic, number)
  ) with (fillfactor = 50);
  create table records (
    partition_id integer not null,
    "offset" bigint not null,
    key text not null,
    headers json not null,
    value text,
    written_at timestamptz not null default now(),
    primary key (partition_id, "offset")
  );
  create table consumer_groups (
    id serial primary key,
    name text not null unique
  );
  create table group_topics (
    group_id integer not null references consumer_groups (id),
    topic text not null references topics (name),
    primary key (group_id, topic)
  );
  create table group_offsets (
    group_id integer not null references consumer_groups (id),
    partition_id integer not null references partitions (id),
    next_offset bigint not null,
    primary key (group_id, partition_id)
  ) with (fillfactor = 50);
  create table members (
    group_id integer not null references consumer_groups (id),
    member uuid not null,
    topics text[] not null,
    backend_pid integer not null,
    backend_start timestamptz not null,
    primary key (group_id, member)
  );
  create table correlation_values (
    id text primary key,
    value text not null,
    expires_at timestamptz not null
  );
  create index on correlation_values (expires_at);
  create table correlation_claims (
    id text primary key,
    owner text not null,
    expires_at timestamptz not null
  );
  create index on correlation_claims (expires_at);
  `,
  `alter table topics add column retention_ms bigint`,
];

/** Two-integer locks belong to partitions, whose groups are numbered from 1. */
const MIGRATION_LOCK = [0, 1];

/** Brings the database of the bus to the present schema; several processes may do so at once. */
export async function migrateBusDatabase(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 3_000,
    application_name: 'voltap-bus-schema',
  });
  // A connection that breaks fails the statement in hand, which is where it is dealt with.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await migrate(client);
  } finally {
    await client.end();
  }
}

async function migrate(client: Client): Promise<void> {
  await client.query('select pg_advisory_lock($1, $2)', MIGRATION_LOCK);
  try {
    await client.query('create table if not exists schema_version (version integer not null)');
    const { rows } = await client.query<{ version: number }>('select version from schema_version');
    const present = rows[0]?.version ?? 0;
    for (const [index, migration] of MIGRATIONS.slice(present).entries()) {
      await client.query('begin');
      await client.query(migration);
      await client.query('delete from schema_version');
      await client.query('insert into schema_version values ($1)', [present + index + 1]);
      await client.query('commit');
    }
  } finally {
    await client.query('select pg_advisory_unlock($1, $2)', MIGRATION_LOCK);
  }
}
