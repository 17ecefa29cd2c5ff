import { setTimeout as pause } from 'node:timers/promises';
import { BackOfficeProblem, path } from '../back-office/back-office-client.js';
import type { Simulator } from '../simulator.js';
import { isObject, type JsonObject, objectOf, objectsOf, sameId, textOf, textsOf } from '../wire/json.js';
import type { OcpiVersion } from '../wire/version.js';

export interface Onboarding {
  /** The partner at the platform; null when it was made by somebody else and is not found by name. */
  readonly partnerId: string | null;
  readonly version: OcpiVersion;
  /** Whether a kept registration was resumed. */
  readonly resumed: boolean;
}

export const CUSTOMER_REFERENCE = 'VOLTAP-CITY';

/**
 * Connects PTP and platform: the operator creates the partner, the PTP registers with Token A. A registration that is
 * kept and still good is resumed, so that nothing is registered twice.
 */
export async function ensureRegistered(simulator: Simulator, version?: OcpiVersion): Promise<Onboarding> {
  const { ptp, journal } = simulator;
  if (await ptp.registrationHolds()) {
    if (version !== undefined && version !== ptp.store.registration.version) await ptp.credentials.rotate(version);
    const agreed = ptp.store.registration.version;
    journal.tell({ from: 'Payter', to: 'Voltap', message: 'registration resumed', detail: agreed });
    return { partnerId: simulator.memory.partnerId ?? (await findPartner(simulator)), version: agreed, resumed: true };
  }
  const { partner, token, versionsUrl } = await openConnection(simulator);
  journal.tell({ from: 'operator', to: 'Voltap', message: 'POST partner → Token A', detail: versionsUrl });
  const registration = await ptp.credentials.register(versionsUrl, token, version);
  const partnerId = textOf(partner, 'id') ?? null;
  simulator.memory.remember(partnerId);
  ptp.forgetAssignments();
  return { partnerId, version: registration.version, resumed: false };
}

/** The operator creates the partner, with the settings that suit how this PTP is. */
async function openConnection({ operator, options }: Simulator) {
  const { name, versions, plainToken, slashNeeded } = options.ptp;
  const created = await operator.post('/partners', {
    name,
    profile: 'payter',
    parties: [{ ...options.party, name: 'Voltap City Charging' }],
    customerReferences: [CUSTOMER_REFERENCE],
    versions: [...versions],
    settings: { ...(plainToken ? { plainToken } : {}), ...(slashNeeded ? { trailingSlash: true } : {}) },
  });
  const partner = isObject(created) ? created : {};
  const token = textOf(partner, 'tokenA');
  if (token === undefined) throw new Error('the platform gave no Token A for the new partner');
  return { partner, token, versionsUrl: textOf(partner, 'versionsUrl') ?? `${options.gatewayUrl}/ocpi/cpo/versions` };
}

/**
 * Connects platform and PTP the other way round: the PTP gives a Token A and its versions URL away, and the operator lets
 * the platform register with them.
 * @param partnerId a connection that exists and is not registered (any more); a new one when left out.
 */
export async function registerFromPlatform(
  simulator: Simulator,
  wishes: { readonly version?: OcpiVersion; readonly partnerId?: string } = {},
): Promise<Onboarding> {
  const { ptp, operator, journal, memory } = simulator;
  const partnerId = wishes.partnerId ?? textOf((await openConnection(simulator)).partner, 'id');
  if (partnerId === undefined) throw new Error('the platform gave the partner no id');
  const offered = ptp.credentials.offer();
  journal.tell({ from: 'Payter', to: 'operator', message: 'Token A', detail: offered.versionsUrl });
  const body = { ...offered, ...(wishes.version === undefined ? {} : { version: wishes.version }) };
  await operator.post(`${path('partners', partnerId)}/registration`, body, 60_000);
  memory.remember(partnerId);
  return { partnerId, version: ptp.store.registration.version, resumed: false };
}

async function findPartner(simulator: Simulator): Promise<string | null> {
  let found: string | null = null;
  for await (const partner of simulator.operator.list('/partners'))
    if (textOf(partner, 'name') === simulator.options.ptp.name && textOf(partner, 'status') === 'REGISTERED')
      found = textOf(partner, 'id') ?? null;
  return found;
}

/** The operator assigns locations and EVSEs; tried again while the platform does not know the terminal or the place yet. */
export async function assign(
  simulator: Simulator,
  partnerId: string,
  terminalId: string,
  wanted: { readonly location_ids: readonly string[]; readonly evse_uids: readonly string[] },
): Promise<void> {
  const { operator, journal, ptp } = simulator;
  const body = { location_ids: [...wanted.location_ids], evse_uids: [...wanted.evse_uids] };
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt === 1) {
        const detail = [...wanted.location_ids, ...wanted.evse_uids].join(' ');
        journal.tell({ from: 'operator', to: 'Voltap', message: 'PUT assignment', detail });
      }
      const answer = await operator.put(`${path('terminals', partnerId, terminalId)}/assignment`, body);
      const assignment = objectOf(isObject(answer) ? answer : undefined, 'assignment');
      const state = textOf(assignment, 'state');
      journal.tell({
        from: 'Voltap',
        to: 'operator',
        message: `assignment ${state ?? 'answered'}`,
        detail: terminalId,
      });
      break;
    } catch (error) {
      // The platform's parts learn of a new terminal or location one after the other, within moments.
      const later =
        error instanceof BackOfficeProblem && ([404, 409, 422].includes(error.httpStatus) || error.retryable);
      if (!later || attempt === 20) throw error;
      await pause(500);
    }
  }
  await simulator.until('the assignment at the terminal', () => {
    const terminal = ptp.terminal(terminalId).object;
    return wanted.location_ids.every((id) => textsOf(terminal, 'location_ids').some((each) => sameId(each, id)));
  });
}

/** Imports the sample tariffs and locations when the platform has no location of this party. @returns whether it did. */
export async function ensureNetwork(
  simulator: Simulator,
  sample: { readonly locations: readonly JsonObject[]; readonly tariffs: readonly JsonObject[] },
): Promise<boolean> {
  const { operator, journal, backEnd } = simulator;
  if (backEnd.network.all.length > 0) return false;
  for (const tariff of sample.tariffs)
    await operator.put(
      path('tariffs', String(tariff.country_code), String(tariff.party_id), String(tariff.id)),
      tariff,
    );
  const summary = await operator.post('/locations/import', [...sample.locations], 120_000);
  const counted = isObject(summary) ? summary : {};
  journal.tell({
    from: 'operator',
    to: 'Voltap',
    message: 'import sample network',
    detail: `${counted.created ?? 0} locations created, ${counted.refused ?? 0} refused`,
  });
  if (objectsOf(counted, 'refusals').length > 0)
    throw new Error(`the sample network was refused: ${JSON.stringify(counted.refusals)}`);
  await backEnd.network.load();
  return true;
}
