import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Locations1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('location')) await runner.query(statement);
    await runner.query(`create table evse_status_history (
      scope text not null,
      location_id text not null,
      evse_uid text not null,
      status text not null,
      since timestamptz(3) not null
    )`);
    await runner.query(
      'create index evse_status_history_evse on evse_status_history (scope, location_id, evse_uid, since)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table evse_status_history');
    await runner.query('drop table location');
  }
}

/** Locations judge which tariffs their connectors name. */
export class TariffProjection1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_projection')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_projection');
  }
}

/** Tariffs are for partners that are named, or for all. */
export class LocationsTariffAudiences1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_audience')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_audience');
  }
}
