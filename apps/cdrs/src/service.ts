import { operationsEndpoints } from '@voltap/contracts/back-office';
import { cdrAccepted, cdrCreated } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { cdrsConfig } from './cdrs.config.js';
import { CdrsModule } from './cdrs.module.js';
import { Cdrs1764000000000, CdrsCorrections1764000001000, CdrsOfBackEnds1764000002000 } from './store/migrations.js';
import { partnerProjection } from './store/projections.js';

export const cdrs = defineService({
  name: 'cdrs',
  module: CdrsModule,
  config: cdrsConfig,
  migrations: [Cdrs1764000000000, CdrsCorrections1764000001000, CdrsOfBackEnds1764000002000],
  publishes: [cdrCreated, cdrAccepted],
  projections: [partnerProjection],
  operations: operationsEndpoints,
});
