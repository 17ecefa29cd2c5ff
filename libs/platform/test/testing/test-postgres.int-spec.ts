import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@voltap/platform/testing';
import { Client } from 'pg';

describe('A test database', () => {
  it('is empty, and gone after drop even while somebody uses it', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one.url).not.toBe(other.url);
    const client = new Client({ connectionString: one.url });
    const broken = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    const tables = await client.query(`select 1 from pg_tables where schemaname = 'public'`);
    expect(tables.rowCount).toBe(0);

    await one.drop();
    await broken;
    await expect(new Client({ connectionString: one.url }).connect()).rejects.toThrow('does not exist');
    await other.drop();
  });
});
