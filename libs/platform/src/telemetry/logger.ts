import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { loggedError, loggedFields, loggedLine } from './logged.js';
import { stepFields } from './trace-context.js';

export type Logger = PinoLogger;

/** DI token of the service's logger. */
export const LOGGER = Symbol('Logger');

export interface LoggerSettings {
  readonly level: string;
  readonly service: string;
  readonly destination?: DestinationStream;
}

/** JSON lines in which no token, no address with a secret in it and no card data stands in clear. */
export function createLogger({ level, service, destination }: LoggerSettings): Logger {
  const options = {
    level,
    base: { service },
    mixin: stepFields,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { log: loggedFields },
    serializers: { error: loggedError, err: loggedError },
    hooks: { streamWrite: loggedLine },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
