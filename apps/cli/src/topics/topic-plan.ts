import * as events from '@voltap/contracts/events';
import type { AnyEventDefinition } from '@voltap/kernel';
import type { TopicDefinition } from '@voltap/platform/messaging';

/** A topic as the catalogue wants it beside the one that there is. */
export interface PlannedTopic {
  readonly topic: string;
  readonly state: 'same' | 'missing' | 'different';
  readonly wanted: TopicDefinition;
  /** Null when it is missing. */
  readonly found: TopicDefinition | null;
}

/** All events that services tell each other. */
export function eventCatalogue(): AnyEventDefinition[] {
  return Object.values(events).filter(
    (entry): entry is typeof entry & AnyEventDefinition =>
      typeof entry === 'object' && 'topic' in entry && 'partitions' in entry,
  );
}

/** In order of name. */
export function planTopics(
  wanted: readonly TopicDefinition[],
  found: ReadonlyMap<string, TopicDefinition>,
): PlannedTopic[] {
  return wanted
    .toSorted((one, other) => (one.topic < other.topic ? -1 : 1))
    .map((topic) => {
      const existing = found.get(topic.topic) ?? null;
      const state = existing === null ? 'missing' : isSame(existing, topic) ? 'same' : 'different';
      return { topic: topic.topic, state, wanted: topic, found: existing };
    });
}

function isSame(found: TopicDefinition, wanted: TopicDefinition): boolean {
  return (
    found.partitions === wanted.partitions &&
    found.compacted === wanted.compacted &&
    (wanted.retentionMs === undefined || found.retentionMs === wanted.retentionMs)
  );
}

const HOUR_MS = 60 * 60 * 1000;

/** `12 partitions, 7 days`. */
export function topicText({ partitions, compacted, retentionMs }: TopicDefinition): string {
  const hours = retentionMs === undefined ? null : retentionMs / HOUR_MS;
  const kept = hours === null ? 'for ever' : hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
  return `${partitions} partitions, ${compacted ? 'compacted' : kept}`;
}
