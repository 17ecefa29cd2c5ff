import type { PartnerCaller } from '../server/index.js';

/** A registered terminal provider that sees the invented CPO, as the gateway would say it to a service. */
export function aPartnerCaller(changes: Partial<PartnerCaller> = {}): PartnerCaller {
  return {
    kind: 'partner',
    partnerId: 'partner-1',
    version: '2.3.0',
    profile: 'payter',
    quirks: {},
    scope: 'full',
    roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }],
    parties: ['DE*VLT'],
    publicUrl: 'https://cpo.example',
    ...changes,
  };
}
