import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { stepFields } from './trace-context.js';

export type Logger = PinoLogger;

/** DI token of the service's logger. */
export const LOGGER = Symbol('Logger');

/** Fields that never appear in a log in clear, at any depth we log. */
const REDACTED = [
  'authorization',
  '*.authorization',
  'token',
  '*.token',
  'tokenA',
  '*.tokenA',
  'eft_data',
  '*.eft_data',
];

export interface LoggerSettings {
  readonly level: string;
  readonly service: string;
  readonly destination?: DestinationStream;
}

export function createLogger({ level, service, destination }: LoggerSettings): Logger {
  const options = {
    level,
    base: { service },
    mixin: stepFields,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { error: pino.stdSerializers.err },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
