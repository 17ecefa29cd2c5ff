import { cdrs } from '@voltap/cdrs';
import { commands } from '@voltap/commands';
import { credentials } from '@voltap/credentials';
import { gateway } from '@voltap/gateway';
import { locations } from '@voltap/locations';
import { payments } from '@voltap/payments';
import type { ServiceDefinition } from '@voltap/platform/bootstrap';
import { sessions } from '@voltap/sessions';
import { tariffs } from '@voltap/tariffs';
import { tokens } from '@voltap/tokens';

/** The nine. */
export const SERVICES: readonly ServiceDefinition[] = [
  gateway,
  credentials,
  locations,
  tariffs,
  tokens,
  commands,
  sessions,
  cdrs,
  payments,
];
