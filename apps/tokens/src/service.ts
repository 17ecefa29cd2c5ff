import { operationsEndpoints } from '@voltap/contracts/back-office';
import { tokenChanged } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { Tokens1764000000000, TokensPulls1764000000001 } from './store/migrations.js';
import { partnerProjection } from './store/projections.js';
import { tokensConfig } from './tokens.config.js';
import { TokensModule } from './tokens.module.js';

export const tokens = defineService({
  name: 'tokens',
  module: TokensModule,
  config: tokensConfig,
  migrations: [Tokens1764000000000, TokensPulls1764000000001],
  publishes: [tokenChanged],
  projections: [partnerProjection],
  operations: operationsEndpoints,
});
