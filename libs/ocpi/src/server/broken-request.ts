import type { Duplex } from 'node:stream';
import { envelopeText, STATUS } from '../transport/index.js';

const REASONS: Readonly<Record<string, readonly [status: number, phrase: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive'],
};

/**
 * Answers what is no HTTP request, or one whose headers are too large, with an envelope like everything else (TRN-12),
 * and hangs up. For the `clientErrorHandler` of a listener.
 */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Duplex, now: Date): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const [status, phrase, message] = REASONS[error.code ?? ''] ?? [400, 'Bad Request', 'This is no HTTP request'];
  const body = envelopeText(now, undefined, STATUS.clientError, message);
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
