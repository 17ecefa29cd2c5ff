import type { EvseStatusChanged } from '@voltap/contracts/events';
import { evseStatusChanged, locationChanged } from '@voltap/contracts/events';
import type { Location } from '@voltap/ocpi/model';
import { aPartnerCaller } from '@voltap/ocpi/testkit';
import { anOperator, callsTo, testPlatform } from '@voltap/platform/testing';
import { locations } from '../src/service.js';

export interface LocationRecord {
  readonly revision: number;
  readonly location: Location;
}

export interface ImportSummary {
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly refusals: readonly {
    readonly index: number;
    readonly id: string | null;
    readonly violations: readonly { readonly pointer: string; readonly message: string }[];
  }[];
}

export interface Envelope<Data> {
  readonly status_code: number;
  readonly data: Data;
}

/** The locations service on a platform of its own, with what its callers and its listeners see. */
export async function locationsBench() {
  const platform = await testPlatform({ services: ['locations'] });
  const service = await platform.start(locations);
  const changed = await platform.observe(locationChanged);
  const statuses = await platform.observe(evseStatusChanged);
  const backEnd = callsTo(service, platform.callerHeaders(anOperator()));
  return {
    platform,
    service,
    backEnd,
    partner: callsTo(service, platform.callerHeaders(aPartnerCaller({ publicUrl: service.url }))),
    stranger: callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId: 'other', parties: ['DE*XYZ'] }))),
    put: (location: Location) =>
      backEnd<LocationRecord>(
        'PUT',
        `/api/v1/locations/${location.country_code}/${location.party_id}/${location.id}`,
        location,
      ),
    import: (body: string, type = 'application/json', query = '') =>
      backEnd<ImportSummary & { code?: string }>('POST', `/api/v1/locations/import${query}`, body, {
        'content-type': type,
      }),
    /** Revisions of a location that went out as a whole, in order. */
    told: (id: string): { revision: number; location: Location; structural: boolean }[] =>
      changed
        .filter(({ key }) => key.endsWith(`*${id.toUpperCase()}`))
        .map(({ revision, payload }) => ({ revision, ...payload })),
    /** Changes of EVSE statuses at a location that went out, in order. */
    toldStatuses: (id: string): EvseStatusChanged[] =>
      statuses.filter(({ key }) => key.endsWith(`*${id.toUpperCase()}`)).map(({ payload }) => payload),
  };
}
export type LocationsBench = Awaited<ReturnType<typeof locationsBench>>;
