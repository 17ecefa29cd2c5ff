/** What is coalesced, and caught up with. */
export const STATE_KINDS = ['location', 'evse-status', 'tariff', 'session'] as const;
