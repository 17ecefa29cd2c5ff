/** Of each partition of a group's ($1) topics, or of one ($2): where it ends, and what the group committed, or the oldest record that is left. */
export const POSITIONS = `
  select p.number as partition, p.next_offset as "end",
    greatest(coalesce(o.next_offset, 0), coalesce(oldest."offset", p.next_offset)) as position
  from consumer_groups g
  join group_topics t on t.group_id = g.id
  join partitions p on p.topic = t.topic
  left join group_offsets o on o.group_id = g.id and o.partition_id = p.id
  left join lateral (
    select r."offset" from records r where r.partition_id = p.id order by r."offset" limit 1
  ) oldest on true
  where g.name = $1 and ($2::text is null or p.topic = $2)`;

/** Offsets that the group ($1) has before it, over its topics or of one ($2). */
export const LAG = `select coalesce(sum(greatest("end" - position, 0)), 0) as lag from (${POSITIONS}) as positions`;

/** Of each partition of a topic ($1): where it ends. */
export const ENDS = 'select number as partition, next_offset as "end" from partitions where topic = $1';
