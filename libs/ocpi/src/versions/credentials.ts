import { type Conversion, isFields } from './conversion.js';

/** 2.2.1 names a hub by a role, 2.3.0 by `hub_party_id` beside the roles. */
export const credentialsConversion: Conversion = {
  upgrade(credentials) {
    if ('hub_party_id' in credentials || !Array.isArray(credentials.roles)) return credentials;
    const hub = credentials.roles.find((role) => isFields(role) && role.role === 'HUB');
    if (!isFields(hub)) return credentials;
    return { ...credentials, hub_party_id: `${String(hub.country_code)}${String(hub.party_id)}` };
  },
  downgrade(credentials, run, pointer) {
    const { hub_party_id, ...rest } = credentials;
    if (typeof hub_party_id !== 'string') return rest;
    const named =
      Array.isArray(rest.roles) &&
      rest.roles.some(
        (role) => isFields(role) && role.role === 'HUB' && `${role.country_code}${role.party_id}` === hub_party_id,
      );
    if (!named) run.lose(`${pointer}/hub_party_id`, 'not in OCPI 2.2.1');
    return rest;
  },
};
