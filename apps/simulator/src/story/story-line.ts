import type { StoryEvent } from '../journal.js';

/** One aligned line: time, who → whom, message, amount, detail. */
export function storyLine(event: StoryEvent): string {
  const time = event.at.toISOString().slice(11, 23);
  const who = `${event.from.padEnd(8)} → ${event.to.padEnd(8)}`;
  return `${time}  ${who}  ${event.message.padEnd(30)} ${(event.amount ?? '').padStart(11)}  ${event.detail ?? ''}`.trimEnd();
}
