import type { FieldViolation, VoltapError } from '@voltap/kernel';

/** RFC 9457 problem document, with our code and the violated fields. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly errors: readonly FieldViolation[];
}

export function problemOf(error: VoltapError, instance: string): Problem {
  const { title, http } = error.entry;
  return {
    type: `urn:voltap:error:${error.code}`,
    title,
    status: http,
    detail: error.message,
    instance: instance.split('?')[0] ?? instance,
    code: error.code,
    errors: error.violations,
  };
}
