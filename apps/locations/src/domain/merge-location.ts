import { sameJson } from '@voltap/kernel';
import type { Connector, Evse, Location, Status } from '@voltap/ocpi/model';

/** Stands for the time stamp that the store gives when it writes. */
export const STAMP = '';

export interface StatusChange {
  readonly evse_uid: string;
  readonly status: Status;
  readonly previousStatus: Status | null;
}

export interface MergedLocation {
  /** The location to store; what changed carries `STAMP` as its `last_updated`, what did not keeps its own. */
  readonly location: Location;
  readonly changed: boolean;
  /** Whether anything but EVSE statuses changed. */
  readonly structural: boolean;
  /** EVSEs that were there before and have another status now. */
  readonly statusChanges: readonly StatusChange[];
}

/**
 * A location as it is put, over the one that is stored: `last_updated` moves exactly for what changed and for what
 * holds it (LOC-04); an EVSE that is no longer there stays, as REMOVED (LOC-06).
 */
export function mergeLocation(stored: Location | null, incoming: Location): MergedLocation {
  if (stored === null) return { location: stampedAll(incoming), changed: true, structural: true, statusChanges: [] };
  const statusChanges: StatusChange[] = [];
  let structural = false;
  const evses: Evse[] = [];
  for (const evse of incoming.evses ?? []) {
    const before = stored.evses?.find(({ uid }) => sameId(uid, evse.uid));
    const merged = mergeEvse(before ?? null, evse);
    structural ||= merged.structural;
    if (before !== undefined && before.status !== evse.status) {
      statusChanges.push({ evse_uid: evse.uid, status: evse.status, previousStatus: before.status });
    }
    evses.push(merged.evse);
  }
  for (const gone of stored.evses ?? []) {
    if (evses.some(({ uid }) => sameId(uid, gone.uid))) continue;
    if (gone.status === 'REMOVED') {
      evses.push(gone);
      continue;
    }
    statusChanges.push({ evse_uid: gone.uid, status: 'REMOVED', previousStatus: gone.status });
    evses.push({ ...gone, status: 'REMOVED', last_updated: STAMP });
    structural = true;
  }
  structural ||= !sameContent({ ...stored, evses: undefined }, { ...incoming, evses: undefined });
  const changed = structural || statusChanges.length > 0;
  const location = { ...incoming, evses, last_updated: changed ? STAMP : stored.last_updated };
  return { location, changed, structural, statusChanges };
}

/** One EVSE's status reported. @returns null when the location has no such EVSE. */
export function changeStatus(stored: Location, evseUid: string, status: Status): MergedLocation | null {
  const evse = stored.evses?.find(({ uid }) => sameId(uid, evseUid));
  if (evse === undefined) return null;
  if (evse.status === status) return { location: stored, changed: false, structural: false, statusChanges: [] };
  const evses = stored.evses?.map((each) => (each === evse ? { ...each, status, last_updated: STAMP } : each)) ?? [];
  return {
    location: { ...stored, evses, last_updated: STAMP },
    changed: true,
    structural: false,
    statusChanges: [{ evse_uid: evse.uid, status, previousStatus: evse.status }],
  };
}

export interface ConnectorSelector {
  readonly location_id: string;
  readonly evse_uid?: string;
  readonly connector_id?: string;
}

/** Makes a tariff the only one of the connectors that are chosen by the selector. @returns null when it chooses none. */
export function assignTariff(
  stored: Location,
  tariffId: string,
  selector: Omit<ConnectorSelector, 'location_id'>,
): MergedLocation | null {
  let chosen = selector.evse_uid === undefined && selector.connector_id === undefined;
  const evses = stored.evses?.map((evse) => {
    if (selector.evse_uid !== undefined && !sameId(evse.uid, selector.evse_uid)) return evse;
    const connectors = evse.connectors.map((connector) => {
      if (selector.connector_id !== undefined && !sameId(connector.id, selector.connector_id)) return connector;
      chosen = true;
      return { ...connector, tariff_ids: [tariffId] };
    });
    return { ...evse, connectors };
  });
  if (!chosen) return null;
  return mergeLocation(stored, { ...stored, evses });
}

/** The location with this tariff at every connector that names none. */
export function withDefaultTariff(location: Location, tariffId: string): Location {
  const evses = location.evses?.map((evse) => ({
    ...evse,
    connectors: evse.connectors.map((connector) =>
      (connector.tariff_ids ?? []).length > 0 ? connector : { ...connector, tariff_ids: [tariffId] },
    ),
  }));
  return { ...location, evses };
}

/** Writes the time of modification wherever the merge left a `STAMP`. */
export function stampLocation(location: Location, lastUpdated: Date): Location {
  const at = lastUpdated.toISOString();
  const stamp = <Part extends { last_updated: string }>(part: Part): Part =>
    part.last_updated === STAMP ? { ...part, last_updated: at } : part;
  const evses = location.evses?.map((evse) => stamp({ ...evse, connectors: evse.connectors.map(stamp) }));
  return { ...stamp(location), ...(evses === undefined ? {} : { evses }) };
}

function mergeEvse(stored: Evse | null, incoming: Evse): { evse: Evse; structural: boolean } {
  if (stored === null) return { evse: stampedEvse(incoming), structural: true };
  let structural = stored.connectors.length !== incoming.connectors.length;
  const connectors = incoming.connectors.map((connector) => {
    const before = stored.connectors.find(({ id }) => sameId(id, connector.id));
    if (before !== undefined && sameContent(before, connector))
      return { ...connector, last_updated: before.last_updated };
    structural = true;
    return { ...connector, last_updated: STAMP };
  });
  const bare = (evse: Evse) => ({ ...evse, connectors: undefined, status: undefined });
  structural ||= !sameContent(bare(stored), bare(incoming));
  const changed = structural || stored.status !== incoming.status;
  return { evse: { ...incoming, connectors, last_updated: changed ? STAMP : stored.last_updated }, structural };
}

function stampedAll(location: Location): Location {
  const evses = location.evses?.map(stampedEvse);
  return { ...location, ...(evses === undefined ? {} : { evses }), last_updated: STAMP };
}

function stampedEvse(evse: Evse): Evse {
  const connectors = evse.connectors.map((connector): Connector => ({ ...connector, last_updated: STAMP }));
  return { ...evse, connectors, last_updated: STAMP };
}

function sameId(left: string, right: string): boolean {
  return left.toUpperCase() === right.toUpperCase();
}

/** Whether two objects say the same, whatever the order of their fields and their own time of modification. */
function sameContent(left: object, right: object): boolean {
  return sameJson({ ...left, last_updated: undefined }, { ...right, last_updated: undefined });
}
