import type { Connector, Evse, Location, Tariff, Terminal } from '@voltap/ocpi/model';
import { adHocFindings, adHocTariffs, connectorTariffFindings } from '@voltap/ocpi/pricing';
import type { Assignment } from './terminal.js';

/** What stands in the way, in words for the operator. */
export interface Obstacle {
  readonly code: string;
  readonly message: string;
  /** Whether nobody can start; else they can, and miss something. */
  readonly blocks: boolean;
}

export interface ConnectorReadiness {
  readonly location_id: string;
  readonly evse_uid: string;
  readonly connector_id: string;
  readonly obstacles: readonly Obstacle[];
}

/** What is known of a terminal, beside what its provider says. */
export interface TerminalSurroundings {
  readonly terminal: Terminal;
  readonly assignment: Assignment;
  readonly hasOwner: boolean;
  readonly missingSince: string | null;
  /** State of its deactivation; null while it is in use. */
  readonly deactivation: string | null;
  readonly invoiceBaseUrl: string;
  /** REGISTERED, …; null: nobody knows the partner. */
  readonly partnerStatus: string | null;
  /** `commands RECEIVER` and the like, as the partner announces them. */
  readonly partnerEndpoints: readonly { readonly identifier: string; readonly role: string }[];
}

/** Modules that a provider must serve, or a charge that it starts comes to no end: results, prices, states, bills. */
const NEEDED = [
  ['locations', 'RECEIVER'],
  ['tariffs', 'RECEIVER'],
  ['sessions', 'RECEIVER'],
  ['cdrs', 'RECEIVER'],
] as const;

/** What stands in the way at every connector of a terminal. */
export function terminalObstacles(known: TerminalSurroundings): Obstacle[] {
  const { terminal, assignment, partnerStatus, partnerEndpoints } = known;
  const obstacles: Obstacle[] = [];
  const add = (holds: boolean, code: string, message: string, blocks = true): void => {
    if (holds) obstacles.push({ code, message, blocks });
  };
  add(
    partnerStatus !== 'REGISTERED',
    'partner_not_registered',
    `The terminal's provider is ${partnerStatus ?? 'unknown'}: it cannot reach us.`,
  );
  for (const [identifier, role] of partnerStatus === 'REGISTERED' ? NEEDED : []) {
    const served = partnerEndpoints.some((each) => each.identifier === identifier && each.role === role);
    add(!served, 'endpoint_missing', `The provider announces no ${identifier} as ${role}: it cannot be told of them.`);
  }
  add(
    !known.hasOwner,
    'terminal_unclaimed',
    'Neither its party nor its customer_reference says whose terminal it is; agree on one with the provider.',
  );
  add(
    known.missingSince !== null,
    'terminal_missing',
    `The provider's complete list lacks it since ${known.missingSince}.`,
  );
  add(
    known.deactivation !== null,
    'terminal_deactivated',
    `It is taken out of use, which is ${known.deactivation} at the provider; activate it again by its reference.`,
    known.deactivation !== 'REFUSED',
  );
  const places = assignment.location_ids.length + assignment.evse_uids.length;
  add(places === 0, 'nothing_assigned', 'No place is assigned to it.');
  add(
    places > 0 && assignment.state !== 'CONFIRMED',
    'assignment_not_confirmed',
    `The assignment is ${assignment.state} at the provider: ${assignment.problem ?? 'it was not read back yet'}.`,
  );
  add(
    terminal.invoice_creator !== 'PTP' && terminal.invoice_base_url !== known.invoiceBaseUrl,
    'receipt_address_differs',
    `The provider has ${terminal.invoice_base_url ?? 'no address'} for receipts instead of ours.`,
    false,
  );
  return obstacles;
}

/** The connectors that a terminal serves, each with what stands in the way there. */
export function connectorReadiness(
  locations: readonly Location[],
  { location_ids, evse_uids }: Pick<Assignment, 'location_ids' | 'evse_uids'>,
  tariffs: ReadonlyMap<string, Tariff | null>,
  now: Date,
): ConnectorReadiness[] {
  const whole = new Set(location_ids.map((id) => id.toUpperCase()));
  const single = new Set(evse_uids.map((uid) => uid.toUpperCase()));
  return locations.flatMap((location) =>
    (location.evses ?? [])
      .filter(({ uid }) => whole.has(location.id.toUpperCase()) || single.has(uid.toUpperCase()))
      .flatMap((evse) =>
        evse.connectors.map((connector) => ({
          location_id: location.id,
          evse_uid: evse.uid,
          connector_id: connector.id,
          obstacles: [...evseObstacles(location, evse), ...tariffObstacles(connector, tariffs, now)],
        })),
      ),
  );
}

function evseObstacles(location: Location, evse: Evse): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (!location.publish) {
    obstacles.push({
      code: 'not_published',
      message: 'The location is not published: the provider never sees it.',
      blocks: true,
    });
  }
  if (evse.status !== 'AVAILABLE') {
    obstacles.push({ code: 'not_available', message: `The EVSE is ${evse.status}.`, blocks: true });
  }
  if (!(evse.capabilities ?? []).includes('REMOTE_START_STOP_CAPABLE')) {
    const message = 'The EVSE lacks the capability REMOTE_START_STOP_CAPABLE: no terminal can start it.';
    obstacles.push({ code: 'no_remote_start', message, blocks: true });
  }
  if (evse.physical_reference === undefined && evse.evse_id === undefined) {
    const message = 'Neither physical_reference nor evse_id: a driver cannot tell on the screen which one it is.';
    obstacles.push({ code: 'no_name_for_drivers', message, blocks: false });
  }
  return obstacles;
}

function tariffObstacles(connector: Connector, tariffs: ReadonlyMap<string, Tariff | null>, now: Date): Obstacle[] {
  // What is for other providers is no tariff to this one.
  const ids = (connector.tariff_ids ?? []).filter((id) => tariffs.get(id.toUpperCase()) !== null);
  const known = ids.flatMap((id) => tariffs.get(id.toUpperCase()) ?? []);
  const [tariff] = adHocTariffs(known, now);
  const findings = [
    ...connectorTariffFindings(ids, known, now),
    ...(tariff === undefined ? [] : adHocFindings(tariff, { now })),
  ];
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => ({ code, message, blocks: true }));
}

/** Whether a driver could start at one connector at least. */
export function isReady(obstacles: readonly Obstacle[], connectors: readonly ConnectorReadiness[]): boolean {
  const open = (each: readonly Obstacle[]): boolean => each.every(({ blocks }) => !blocks);
  return open(obstacles) && connectors.some((connector) => open(connector.obstacles));
}
