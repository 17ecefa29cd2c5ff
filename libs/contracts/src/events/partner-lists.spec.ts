import { describe, expect, it } from '@jest/globals';
import { listsMayDiffer, servesList } from './partner-lists.js';
import type { PartnerState } from './partners.js';

const PARTNER: PartnerState = {
  partnerId: 'ptp',
  name: 'Provider',
  status: 'REGISTERED',
  profile: 'payter',
  settings: {},
  parties: [],
  customerReferences: [],
  versions: ['2.3.0', '2.2.1'],
  version: '2.3.0',
  roles: [],
  endpoints: [
    { identifier: 'tokens', role: 'SENDER', url: 'https://ptp.example/tokens' },
    { identifier: 'payments', role: 'RECEIVER', url: 'https://ptp.example/payments' },
  ],
  inboundTokens: [],
  outboundToken: 'sealed',
};

describe('the lists of a partner', () => {
  it('are served by a registered partner that is their Sender', () => {
    expect(servesList(PARTNER, 'tokens')).toBe(true);
    expect(servesList(PARTNER, 'payments')).toBe(false);
    expect(servesList({ ...PARTNER, status: 'SUSPENDED' }, 'tokens')).toBe(false);
  });

  it('may differ when the partner is new or changed, and not when tokens are renewed', () => {
    const inboundTokens = [{ hash: 'h', scope: 'full' as const, expiresAt: null }];
    expect(listsMayDiffer(null, PARTNER)).toBe(true);
    expect(listsMayDiffer(PARTNER, { ...PARTNER, outboundToken: 'renewed', inboundTokens })).toBe(false);
    expect(listsMayDiffer(PARTNER, { ...PARTNER, version: '2.2.1' })).toBe(true);
    expect(listsMayDiffer(PARTNER, { ...PARTNER, endpoints: [] })).toBe(true);
    expect(listsMayDiffer({ ...PARTNER, status: 'SUSPENDED' }, PARTNER)).toBe(true);
  });
});
