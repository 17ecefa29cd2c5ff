import type { KafkaSettings } from '@voltap/platform/production';

/** As a service has them by default. */
export const POOL_SIZE = 4;
/** Who write at the same time. */
export const CALLERS = 16;
/** At this pace latency is measured. */
export const PER_SECOND = 500;

/** What a measured process stands on, as its only argument. */
export interface Where {
  readonly url: string;
  readonly kafka: KafkaSettings;
}

export function readWhere(): Where {
  return JSON.parse(process.argv[2] ?? '') as Where;
}
