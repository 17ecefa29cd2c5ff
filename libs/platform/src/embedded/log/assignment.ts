export interface GroupMember {
  readonly member: string;
  readonly topics: readonly string[];
}

export interface AssignablePartition {
  readonly id: number;
  readonly topic: string;
}

/**
 * Who shall own which partition. Every member computes this for itself and gets the same, so that no leader is needed:
 * each partition goes to the member with the fewest so far among those that subscribe to its topic.
 * @returns partition id → member
 */
export function assignPartitions(
  partitions: readonly AssignablePartition[],
  members: readonly GroupMember[],
): ReadonlyMap<number, string> {
  const load = members
    .toSorted((one, other) => (one.member < other.member ? -1 : 1))
    .map(({ member, topics }) => ({ member, topics: new Set(topics), count: 0 }));
  const assigned = new Map<number, string>();
  for (const { id, topic } of partitions.toSorted((one, other) => one.id - other.id)) {
    let chosen: (typeof load)[number] | undefined;
    for (const candidate of load) {
      if (candidate.topics.has(topic) && candidate.count < (chosen?.count ?? Number.POSITIVE_INFINITY)) {
        chosen = candidate;
      }
    }
    if (chosen === undefined) continue;
    chosen.count += 1;
    assigned.set(id, chosen.member);
  }
  return assigned;
}
