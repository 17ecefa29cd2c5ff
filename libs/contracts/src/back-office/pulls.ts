import { z } from 'zod';

/** What became of the last pull of a partner's lists, and when the next one comes. */
export const pullRecordSchema = z.object({
  partnerId: z.string(),
  state: z.enum(['NEVER', 'RUNNING', 'SUCCEEDED', 'FAILED']),
  mode: z.enum(['full', 'changes']).nullable().describe('Everything, or what changed since the last success'),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  syncedUntil: z.string().nullable().describe('Begin of the last pull that succeeded'),
  nextAt: z.string().nullable().describe('Null while the partner is not registered or offers no such lists'),
  nextFullAt: z.string().nullable(),
  failures: z.number().int().describe('In a row; each makes the wait for the next pull longer'),
  counts: z.record(z.string(), z.number().int()).describe('So far, or in all'),
  remarks: z.array(z.string()).describe('What was left out, and why nothing could be called missing'),
  problem: z.string().nullable().describe('Why the last pull failed'),
});
export type PullView = z.infer<typeof pullRecordSchema>;

export const pullListSchema = z.object({ items: z.array(pullRecordSchema) });
