export type ClaimOutcome =
  /** The caller holds the claim. `value` is null when the entry is unknown or expired. */
  { readonly claimed: true; readonly value: string | null } | { readonly claimed: false; readonly holder: string };

/**
 * Short-lived values under a correlation id, shared by all replicas: the response_url of a command, the replica that
 * waits for an outcome. A cache in front of a durable copy: losing everything in it loses nothing but time.
 */
export abstract class CorrelationStore {
  abstract open(id: string, value: string, ttlMs: number): Promise<void>;
  abstract find(id: string): Promise<string | null>;
  /** May be repeated by its owner with the same outcome: a call that timed out may still have been executed. */
  abstract claim(id: string, owner: string, ttlMs: number): Promise<ClaimOutcome>;
  abstract remove(id: string): Promise<void>;
  /** Tells whoever waits under the id, on whichever replica, now or until `ttlMs` have passed. */
  abstract notify(id: string, value: string, ttlMs: number): Promise<void>;
  /**
   * The value that somebody notified under the id, before or while this waits; null when `timeoutMs` have passed, the
   * signal is aborted or the store is closed. Any number may wait. @throws VoltapError unavailable.
   */
  abstract wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<string | null>;
  abstract close(): Promise<void>;
}
