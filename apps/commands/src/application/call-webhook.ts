import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type BackEndCommand, commandsEndpoints } from '@voltap/contracts/back-office';
import { Clock, VoltapError } from '@voltap/kernel';
import type { CommandResult } from '@voltap/ocpi/model';
import { ConfigError } from '@voltap/platform/config';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';

const MOST_ANSWER_BYTES = 64 * 1024;
/** Failures after which the back-end cannot have seen the request. */
const NEVER_ARRIVED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** What the webhook said: the outcome, that it has the command, or nothing that counts. */
export type WebhookAnswer =
  | { readonly taken: true; readonly result: CommandResult | null }
  | { readonly taken: false; readonly reason: string; readonly arrived: boolean };

/**
 * Commands to the back-end by POST. The signature is over the time and the body, so that neither can be changed nor an
 * old request be repeated: `voltap-signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>`.
 */
@Injectable()
export class CallWebhook {
  private readonly target: { readonly url: string; readonly secret: string } | null;

  constructor(
    private readonly clock: Clock,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { VOLTAP_COMMANDS_WEBHOOK_URL: url, VOLTAP_COMMANDS_WEBHOOK_SECRET: secret } = config;
    if (url !== undefined && secret === undefined) {
      throw new ConfigError('VOLTAP_COMMANDS_WEBHOOK_SECRET: is needed with VOLTAP_COMMANDS_WEBHOOK_URL.');
    }
    this.target = url === undefined || secret === undefined ? null : { url, secret };
  }

  get isSet(): boolean {
    return this.target !== null;
  }

  async execute(command: BackEndCommand): Promise<WebhookAnswer> {
    if (this.target === null) throw new Error('there is no webhook');
    const { url, secret } = this.target;
    const body = JSON.stringify(command);
    const at = Math.floor(this.clock.now().getTime() / 1000);
    const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'voltap-command-id': command.commandId,
          'voltap-signature': `t=${at},v1=${signature}`,
        },
        redirect: 'error',
        signal: AbortSignal.timeout(this.config.VOLTAP_COMMANDS_WEBHOOK_TIMEOUT_SECONDS * 1000),
      });
      const text = await textOf(response);
      if (!response.ok) return { taken: false, reason: `HTTP ${response.status}`, arrived: true };
      return { taken: true, result: this.resultIn(command, text) };
    } catch (error) {
      const { reason, code } = reasonOf(error);
      return { taken: false, reason, arrived: !NEVER_ARRIVED.has(code) };
    }
  }

  /** The outcome, when it is told at once; an empty answer or `{}` says that it comes later. */
  private resultIn({ commandId }: BackEndCommand, text: string): CommandResult | null {
    if (text.trim() === '' || text.trim() === '{}') return null;
    const answer = commandsEndpoints.answer.body?.safeParse(jsonOf(text));
    if (answer?.success) return answer.data;
    this.logger.warn({ commandId, length: text.length }, 'the webhook answered what is no outcome');
    return null;
  }
}

/** @throws VoltapError payload_too_large. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw new VoltapError('payload_too_large', 'The answer of the webhook is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** By what it has, not by its class: `fetch` wraps errors of the system. */
function reasonOf(error: unknown): { readonly reason: string; readonly code: string } {
  const { cause = error } = Object(error) as { cause?: unknown };
  const { message, code } = Object(cause) as { message?: unknown; code?: unknown };
  return { reason: typeof message === 'string' ? message : String(cause), code: String(code ?? '') };
}
