/**
 * Bodies of OCPI are JSON, whatever a partner calls them: a `Content-Type` that cannot be read is no reason to refuse a
 * request (TRN-10). For the first hook of a listener, before bodies are looked at.
 */
export function takeAnyContentType(headers: Record<string, string | string[] | undefined>): void {
  if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json';
}
