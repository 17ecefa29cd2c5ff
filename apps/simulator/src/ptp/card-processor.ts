import { type Decimal, decimal, Decimal as Exact, ZERO } from '@voltap/kernel';
import type { Hold } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';

export interface Capture {
  readonly captured: Decimal;
  readonly status: 'SUCCESS' | 'PARTIAL_SUCCESS' | 'FAILED';
  readonly message: string;
}

/** Reserve and capture as a card scheme does: a capture is at most what is reserved, and there is one. */
export class CardProcessor {
  constructor(private readonly store: PtpStore) {}

  hold(reference: string): Hold | null {
    return this.store.state.holds[reference] ?? null;
  }

  reserve(reference: string, amount: Decimal, currency: string): void {
    this.store.commit((state) => {
      state.holds[reference] = { reserved: amount.toString(), currency, state: 'HELD', captured: '0' };
    });
  }

  release(reference: string): void {
    this.store.commit((state) => {
      const hold = state.holds[reference];
      if (hold?.state === 'HELD') hold.state = 'RELEASED';
    });
  }

  capture(reference: string, wanted: Decimal): Capture {
    const hold = this.hold(reference);
    if (!hold) return { captured: ZERO, status: 'FAILED', message: 'Nothing was reserved under this reference' };
    if (wanted.lessThanOrEqualTo(ZERO)) {
      this.release(reference);
      return { captured: ZERO, status: 'SUCCESS', message: 'Nothing to capture, reservation released' };
    }
    if (hold.state !== 'HELD') {
      return { captured: ZERO, status: 'FAILED', message: `The reservation is ${hold.state.toLowerCase()} already` };
    }
    const reserved = decimal(hold.reserved);
    const captured = Exact.min(wanted, reserved);
    this.store.commit(() => {
      hold.state = 'CAPTURED';
      hold.captured = captured.toString();
    });
    return captured.equals(wanted)
      ? { captured, status: 'SUCCESS', message: 'Captured' }
      : { captured, status: 'PARTIAL_SUCCESS', message: `Only the reserved ${reserved.toString()} could be captured` };
  }
}
