export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | string>>;
}

/** Whether this instance should get traffic: opened, not closing, and every check passes. */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<void>>();
  private state: 'starting' | 'open' | 'closing' = 'starting';

  /** `check` throws when the part is not usable. */
  add(name: string, check: () => Promise<void>): void {
    this.checks.set(name, check);
  }

  opened(): void {
    this.state = 'open';
  }

  closing(): void {
    this.state = 'closing';
  }

  /** Whether the end has begun: what is answered now tells the caller to go elsewhere next time. */
  get isClosing(): boolean {
    return this.state === 'closing';
  }

  async report(): Promise<ReadinessReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        try {
          await check();
          return [name, 'ok'] as const;
        } catch (error) {
          return [name, error instanceof Error ? error.message : String(error)] as const;
        }
      }),
    );
    const checks = Object.fromEntries([['service', this.state === 'open' ? 'ok' : this.state], ...results]);
    return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
  }
}
