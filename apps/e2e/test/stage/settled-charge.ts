import { decimal } from '@voltap/kernel';
import { waitUntil } from '@voltap/platform/testing';
import { type Json, type JsonObject, objectsOf, readPrice, type Simulator, textOf } from '@voltap/simulator';
import { expect } from 'expect';

/** What stands where after a charge is paid; amounts are decimal texts, taxes included. */
export interface Settled {
  readonly sessionPushes: readonly { readonly method: string; readonly body: JsonObject }[];
  readonly cdrPosts: readonly string[];
}

export function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`no object: ${value}`);
  return value;
}

/** All items of a back-office list. */
export async function listed(simulator: Simulator, path: string): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  for await (const item of simulator.operator.list(path)) items.push(item);
  return items;
}

/**
 * States what holds for every paid charge, whatever went wrong on the way: one distinct CommandResult, one session, one
 * CDR, one confirmation, and the same amount everywhere.
 */
export async function expectSettledOnce(simulator: Simulator, reference: string): Promise<Settled> {
  const { ptp, operator } = simulator;
  const { state } = ptp.store;
  const charge = ptp.desk.charge(reference);
  expect(charge).toMatchObject({ phase: 'SETTLED', failure: null });

  const results = ptp.commandResults(reference);
  expect(new Set(results.map(({ raw }) => raw)).size).toBe(1);
  expect(textOf(results[0]?.body ?? undefined, 'result')).toBe('ACCEPTED');

  const ofCharge = ({ authorization_reference }: JsonObject) => authorization_reference === reference;
  expect(Object.values(state.sessions).filter(ofCharge)).toHaveLength(1);
  expect(Object.values(state.cdrs).filter(ofCharge)).toHaveLength(1);
  const session = asObject(state.sessions[charge.sessionKey ?? '']);
  const cdr = asObject(state.cdrs[charge.cdrKey ?? '']);
  expect(session.status).toBe('COMPLETED');
  expect(cdr.session_id).toBe(session.id);

  const sessionPath = `/sessions/${session.country_code}/${session.party_id}/${session.id}`.toUpperCase();
  const sessionPushes = ptp.log.requests
    .filter(({ path, method }) => method !== 'GET' && path.toUpperCase().replace(/\/$/, '').endsWith(sessionPath))
    .map(({ method, body }) => ({ method, body: asObject(body) }));
  expect(sessionPushes[0]?.method).toBe('PUT');
  const cdrPosts = ptp.log.requests
    .filter(({ path, method, body }) => method === 'POST' && /\/cdrs\/?$/.test(path) && ofCharge(asObject(body)))
    .map(({ raw }) => raw);
  expect(new Set(cdrPosts).size).toBe(1);

  const total = readPrice(cdr.total_cost)?.gross.toString();
  expect(decimal(total ?? '0').greaterThan(0)).toBe(true);
  expect(readPrice(session.total_cost)?.gross.toString()).toBe(total);
  expect(state.holds[reference]).toMatchObject({ state: 'CAPTURED', captured: total });

  const money = await waitUntil(
    async () => {
      const found = asObject(await operator.get(`/reconciliation/${reference}`));
      // The money may agree before the last facts are heard: they come on topics of their own, in any order.
      const facts = found.sessionStatus === 'COMPLETED' && found.startResult !== null && found.cdrAcceptedAt !== null;
      return found.state === 'MATCHED' && facts && found;
    },
    { describe: `the reconciliation of ${reference} to be MATCHED with all that is to be known` },
  );
  expect(money).toMatchObject({ differences: [], sessionStatus: 'COMPLETED', cdrId: cdr.id, startResult: 'ACCEPTED' });
  expect([money.cdrTotal, money.captured].map((each) => decimal(String(each)).toString())).toEqual([total, total]);
  const confirmations = await listed(simulator, '/confirmations');
  expect(confirmations.filter(({ confirmation }) => ofCharge(asObject(confirmation)))).toHaveLength(1);
  const sessions = await listed(simulator, '/sessions');
  expect(sessions.filter((item) => ofCharge(asObject(item.session)))).toHaveLength(1);
  const cdrs = await listed(simulator, '/cdrs');
  expect(cdrs.filter((item) => ofCharge(asObject(item.cdr)))).toHaveLength(1);

  await expectReadableReceipt(simulator, reference, String(total));
  expect(ptp.log.complaints).toEqual([]);
  return { sessionPushes, cdrPosts };
}

async function expectReadableReceipt(simulator: Simulator, reference: string, total: string): Promise<void> {
  const terminal = simulator.ptp.terminal(simulator.ptp.desk.charge(reference).terminalId);
  const url = terminal.screen().charges.find((each) => each.authorizationReference === reference)?.receiptUrl;
  expect(url).toEqual(expect.stringContaining(reference));
  const receipt = asObject((await (await fetch(`${url}.json`)).json()) as Json);
  const totals = asObject(receipt.totals);
  expect(receipt.status).toBe('PAID');
  expect(decimal(String(totals.afterTaxes)).toString()).toBe(total);
  expect(decimal(String(receipt.captured)).toString()).toBe(total);
  const lines = objectsOf(receipt, 'lines').map((line) => decimal(String(line.afterTaxes)));
  expect(lines.reduce((sum, line) => sum.plus(line), decimal(0)).toString()).toBe(total);

  const page = await fetch(String(url), { headers: { accept: 'text/html', 'accept-language': 'en' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await page.text()).toContain(decimal(total).toFixed(2));
}
