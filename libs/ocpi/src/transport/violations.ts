import type { FieldViolation } from '@voltap/kernel';
import type { z } from 'zod';

/** RFC 6901 pointer of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What zod found, as pointers; `prefix` for what is no body, like `query`. */
export function violationsOf(error: z.ZodError, prefix = ''): readonly FieldViolation[] {
  return error.issues.map((issue) => ({
    pointer: `${prefix}${pointerOf(issue.path)}`,
    message: issue.message,
  }));
}

const SHOWN = 10;

/** Violations as the text of `status_message`: for people, the first ten. */
export function violationsText(message: string, violations: readonly FieldViolation[]): string {
  if (violations.length === 0) return message;
  const shown = violations.slice(0, SHOWN).map(({ pointer, message }) => `${pointer || '(body)'}: ${message}`);
  const more = violations.length > SHOWN ? `; and ${violations.length - SHOWN} more` : '';
  return `${message}: ${shown.join('; ')}${more}`;
}
