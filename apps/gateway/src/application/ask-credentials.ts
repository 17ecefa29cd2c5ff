import { Inject, Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Clock, VoltapError } from '@voltap/kernel';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { Database } from '@voltap/platform/persistence';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { PartnerDirectory } from '../store/partner-directory.js';

const ANSWER_WITHIN_MS = 3_000;
/** How long a token that nobody has is not asked for again. Tokens are random: none is tried before it is given out. */
const REMEMBER_UNKNOWN_MS = 5_000;
const MOST_UNKNOWN = 10_000;
/** Strangers with made-up tokens must not become the load of another service. */
const MOST_AT_ONCE = 32;

/** The directory follows by events and may be a moment behind: a token that it does not know is asked of its owner. */
@Injectable()
export class AskCredentials {
  private readonly asking = new Map<string, Promise<boolean>>();
  /** Hash → until when it counts as unknown (ms); the oldest first. */
  private readonly unknown = new Map<string, number>();
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly directory: PartnerDirectory,
    private readonly database: Database,
    private readonly clock: Clock,
    signature: CallerSignature,
    @Inject(SERVICE_ADDRESSES) private readonly addresses: ServiceAddresses,
  ) {
    this.headers = { [CALLER_HEADER]: signature.sign({ kind: 'gateway' }) };
  }

  /** @returns whether the directory knows the token now. @throws VoltapError unavailable. */
  async execute(hash: string): Promise<boolean> {
    const now = this.clock.now().getTime();
    if ((this.unknown.get(hash) ?? 0) > now) return false;
    const running = this.asking.get(hash);
    if (running !== undefined) return running;
    if (this.asking.size >= MOST_AT_ONCE) throw unavailable();
    const asked = this.ask(hash).finally(() => this.asking.delete(hash));
    this.asking.set(hash, asked);
    const known = await asked;
    if (!known) this.remember(hash, now);
    return known;
  }

  private async ask(hash: string): Promise<boolean> {
    let entry: { revision: number; partner: PartnerState };
    try {
      const response = await fetch(`${this.addresses.credentials}/internal/partners/by-token-hash/${hash}`, {
        headers: this.headers,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (!response.ok) {
        await response.body?.cancel();
        if (response.status === 404) return false;
        throw new Error(`credentials answered HTTP ${response.status}`);
      }
      entry = (await response.json()) as typeof entry;
    } catch (cause) {
      throw unavailable(cause);
    }
    await this.database.transaction((transaction) => this.directory.apply(transaction, entry.revision, entry.partner));
    return true;
  }

  private remember(hash: string, now: number): void {
    this.unknown.delete(hash);
    this.unknown.set(hash, now + REMEMBER_UNKNOWN_MS);
    const [oldest] = this.unknown.keys();
    if (this.unknown.size > MOST_UNKNOWN && oldest !== undefined) this.unknown.delete(oldest);
  }
}

function unavailable(cause?: unknown): VoltapError {
  return new VoltapError('unavailable', 'The token cannot be checked right now; try again.', { cause });
}
