import { operationsEndpoints } from '@voltap/contracts/back-office';
import { sessionChanged, sessionEnded } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { sessionsConfig } from './sessions.config.js';
import { SessionsModule } from './sessions.module.js';
import {
  OneSessionPerStart1764200000000,
  Sessions1764000000000,
  SessionsTariffAudiences1764400000000,
  UnboundClaims1764300000000,
  UnboundSessionIds1764100000000,
} from './store/migrations.js';
import {
  locationProjection,
  startCommandProjection,
  startOutcomeProjection,
  tariffAudienceProjection,
  tariffProjection,
} from './store/projections.js';

export const sessions = defineService({
  name: 'sessions',
  module: SessionsModule,
  config: sessionsConfig,
  migrations: [
    Sessions1764000000000,
    UnboundSessionIds1764100000000,
    OneSessionPerStart1764200000000,
    UnboundClaims1764300000000,
    SessionsTariffAudiences1764400000000,
  ],
  publishes: [sessionChanged, sessionEnded],
  projections: [
    locationProjection,
    startCommandProjection,
    startOutcomeProjection,
    tariffProjection,
    tariffAudienceProjection,
  ],
  operations: operationsEndpoints,
});
