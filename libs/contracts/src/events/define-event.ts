import type { EventDefinition, EventKind } from '@voltap/kernel';
import { z } from 'zod';

/** Partitions of an aggregate with many keys. Permanent. */
export const MANY_KEYS = 12;
/** Partitions of an aggregate with few keys (partners). Permanent. */
export const FEW_KEYS = 3;

/** Longer than any consumer may be away; what must be kept is kept by the services, not by their topics. */
export const RETENTION_DAYS = 7;

interface Entry<Schema extends z.ZodType> {
  readonly name: string;
  /** Default: after the name. */
  readonly topic?: string;
  readonly kind: EventKind;
  /** Default: state events are, money events are not. */
  readonly compacted?: boolean;
  readonly producer: string;
  readonly partitions: number;
  /** Default: `RETENTION_DAYS` for topics that are not compacted. */
  readonly retentionDays?: number;
  readonly keyedBy: string;
  readonly schema: Schema;
  /** The authorization reference of the charge that it is about. */
  referenceOf?(payload: z.output<Schema>): string | null | undefined;
}

/** An entry of the catalogue, version 1, on a topic of its own. Only additive changes; else a new version beside it. */
export function defineEvent<Schema extends z.ZodType>(
  entry: Entry<Schema>,
): EventDefinition<z.output<Schema>> & { readonly schema: Schema } {
  const compacted = entry.compacted ?? entry.kind === 'state';
  const kept = compacted ? {} : { retentionDays: RETENTION_DAYS };
  return { ...kept, ...entry, compacted, version: 1, topic: entry.topic ?? `voltap.${entry.name}.v1` };
}

/** RFC 3339 instant in UTC. */
export const instant = z.string();
