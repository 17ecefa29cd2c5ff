import { type AnyEventDefinition, VoltapError } from '@voltap/kernel';
import type { TopicDefinition } from './event-bus.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The topic of an event as the catalogue wants it. */
export function topicOf({ topic, partitions, compacted, retentionDays }: AnyEventDefinition): TopicDefinition {
  const kept = compacted || retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS };
  return { topic, partitions, compacted, ...kept };
}

/** @throws VoltapError conflict naming both settings when a topic exists with others than are wanted. Changes nothing. */
export function assertSameTopic(
  found: Pick<TopicDefinition, 'partitions' | 'compacted'>,
  wanted: TopicDefinition,
): void {
  if (found.partitions === wanted.partitions && found.compacted === wanted.compacted) return;
  throw new VoltapError(
    'conflict',
    `Topic ${wanted.topic} exists with ${describe(found)}, but ${describe(wanted)} are wanted; partitions are permanent, so nothing was changed: use another topic name, or delete the topic when it holds nothing that is needed.`,
  );
}

function describe(topic: { readonly partitions: number; readonly compacted: boolean }): string {
  return `${topic.partitions} partitions, ${topic.compacted ? 'compacted' : 'not compacted'}`;
}
