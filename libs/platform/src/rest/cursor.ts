import { VoltapError } from '@voltap/kernel';
import type { z } from 'zod';

/** An opaque cursor of a list: the position it continues behind. */
export function encodeCursor(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws VoltapError invalid_parameter when the text is no cursor of ours. */
export function decodeCursor(cursor: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof position === 'object' && position !== null) return position as Record<string, unknown>;
  } catch (cause) {
    throw invalid(cause);
  }
  throw invalid();
}

/** The position in a cursor, checked. @throws VoltapError invalid_parameter when it is none of this list. */
export function decodePosition<Schema extends z.ZodType>(
  schema: Schema,
  cursor: string | undefined,
): z.output<Schema> | undefined {
  const decoded = decodeCursor(cursor);
  if (decoded === undefined) return undefined;
  const position = schema.safeParse(decoded);
  if (!position.success) throw invalid(position.error);
  return position.data;
}

function invalid(cause?: unknown): VoltapError {
  return new VoltapError('invalid_parameter', 'query/cursor: is not the `next` of an earlier page.', {
    violations: [{ pointer: 'query/cursor', message: 'is not the `next` of an earlier page' }],
    cause,
  });
}
