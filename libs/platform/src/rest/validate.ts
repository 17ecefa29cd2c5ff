import { type FieldViolation, VoltapError } from '@voltap/kernel';
import type { z } from 'zod';

/** The value as the schema gives it. @throws VoltapError invalid_parameter with a pointer per wrong field. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, prefix: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations: FieldViolation[] = result.error.issues.map((issue) => ({
    pointer: `${prefix}${issue.path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
    message: issue.message,
  }));
  const first = violations[0];
  throw new VoltapError(
    'invalid_parameter',
    first === undefined ? 'The request is invalid.' : `${first.pointer}: ${first.message}.`,
    {
      violations,
    },
  );
}
