import { type Conversion, type Convert, convertField, convertList, type Fields, isFields } from './conversion.js';
import { partyTo221 } from './location.js';

const roleTo221: Convert = (role, run, pointer) => convertField(role, 'business_details', partyTo221, run, pointer);

/** Country and party id of the first role HUB, joined; undefined without one. */
function hubOf(credentials: Fields): string | undefined {
  if (!Array.isArray(credentials.roles)) return undefined;
  const hub = credentials.roles.find((role) => isFields(role) && role.role === 'HUB');
  return isFields(hub) ? `${String(hub.country_code)}${String(hub.party_id)}` : undefined;
}

/** 2.2.1 names a hub by a role, 2.3.0 by `hub_party_id` beside the roles. */
export const credentialsConversion: Conversion = {
  upgrade(credentials) {
    const hub = hubOf(credentials);
    return hub === undefined || 'hub_party_id' in credentials ? credentials : { ...credentials, hub_party_id: hub };
  },
  downgrade(credentials, run, pointer) {
    const { hub_party_id, ...rest } = convertList(credentials, 'roles', roleTo221, run, pointer);
    const hub = hubOf(rest);
    if (hub === (hub_party_id ?? undefined)) return rest;
    run.lose(`${pointer}/hub_party_id`, hub === undefined ? 'not in OCPI 2.2.1' : 'the role HUB names the hub');
    return rest;
  },
};
