import { Client } from 'pg';

/** Rows of one statement, asked of a database from outside of the services that own it. */
export async function queryDatabase<Row>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(statement, [...values]);
    return rows as Row[];
  } finally {
    await client.end();
  }
}

/** Meanwhile the table can be read, and whoever writes to it waits. */
export async function holdTable(url: string, table: string, meanwhile: () => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`begin; lock table ${table} in exclusive mode`);
    await meanwhile();
  } finally {
    await client.end();
  }
}
