import { VoltapError } from '@voltap/kernel';
import type { Connector, Evse, Location, Tariff } from '@voltap/ocpi/model';
import { adHocTariffs } from '@voltap/ocpi/pricing';

export type TargetChoice =
  | { readonly found: true; readonly evse: Evse; readonly connector: Connector | null }
  | { readonly found: false; readonly reason: 'removed' | 'chooseEvse' };

/**
 * The EVSE and connector that a command is for; a reservation is for an EVSE. Only what cannot be right is refused; whether it can start now is the
 * back-end's word.
 * @throws VoltapError invalid_parameter for unknown or missing ids (CMD-09, CMD-10, CMD-12).
 */
export function chooseTarget(
  location: Location,
  asked: { evse_uid?: string; connector_id?: string },
  needs: 'connector' | 'evse' = 'connector',
): TargetChoice {
  if (asked.evse_uid === undefined && asked.connector_id !== undefined) {
    throw wrong('/evse_uid', 'is required when connector_id is given');
  }
  const evses = (location.evses ?? []).filter((evse) => evse.status !== 'REMOVED' || same(evse.uid, asked.evse_uid));
  const evse = asked.evse_uid === undefined ? only(evses) : evses.find(({ uid }) => same(uid, asked.evse_uid));
  if (evse === undefined) {
    if (asked.evse_uid === undefined) return { found: false, reason: 'chooseEvse' };
    throw wrong('/evse_uid', `location ${location.id} has no EVSE ${asked.evse_uid}`);
  }
  if (evse.status === 'REMOVED') return { found: false, reason: 'removed' };
  if (asked.connector_id === undefined) {
    if (needs === 'connector' && evse.capabilities?.includes('START_SESSION_CONNECTOR_REQUIRED')) {
      throw wrong('/connector_id', `is required at EVSE ${evse.uid}`);
    }
    return { found: true, evse, connector: only(evse.connectors) ?? null };
  }
  const connector = evse.connectors.find(({ id }) => same(id, asked.connector_id));
  if (connector === undefined) throw wrong('/connector_id', `EVSE ${evse.uid} has no connector ${asked.connector_id}`);
  return { found: true, evse, connector };
}

/** The tariff of a charge paid at a terminal: AD_HOC_PAYMENT before one for all sessions (PRC-32), valid at the tap (TAR-17). */
export function adHocTariff<Entry extends { readonly tariff: Tariff }>(
  candidates: readonly Entry[],
  at: Date,
): Entry | null {
  const [chosen] = adHocTariffs(
    candidates.map(({ tariff }) => tariff),
    at,
  );
  return candidates.find(({ tariff }) => tariff === chosen) ?? null;
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function same(left: string, right: string | undefined): boolean {
  return right !== undefined && left.toUpperCase() === right.toUpperCase();
}

function wrong(pointer: string, message: string): VoltapError {
  return new VoltapError('invalid_parameter', `${pointer}: ${message}.`, { violations: [{ pointer, message }] });
}
