import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { type JsonObject, objectsOf, type Simulator } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject, listed } from '../stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from '../stage/stage.js';

/** A provider whose lists change without a word to us, in both versions. */
export function pulls(platform: PlatformWishes = {}): void {
  describe('what a provider lists and tells nobody', () => {
    let stage: Stage;
    let simulator: Simulator;
    let partnerId: string;
    beforeAll(async () => {
      stage = await openStage({ platform, network: false });
      simulator = stage.simulator;
      simulator.ptp.addTerminal({ terminalId: 'QUIET-1', customerReference: 'VOLTAP-CITY' });
      simulator.ptp.issueToken('CARD-1');
      partnerId = (await registerAndCrawl(simulator, '2.2.1')).partnerId;
    });
    afterAll(() => stage?.close());

    const terminals = async () =>
      (await listed(simulator, '/terminals')).map((record) => [
        asObject(record.terminal ?? null).terminal_id,
        record.missingSince === null,
      ]);
    const tokens = async () =>
      (await listed(simulator, '/tokens')).map((record) => [
        asObject(record.token ?? null).uid,
        record.missingSince === null,
      ]);
    const pullOf = async (list: 'terminals' | 'tokens'): Promise<JsonObject | undefined> =>
      objectsOf(asObject(await simulator.operator.get(`/${list}/pulls`)), 'items').find(
        (record) => record.partnerId === partnerId,
      );

    it('is known soon after it has registered (PAY-51, TOK-08)', async () => {
      for (const list of ['terminals', 'tokens'] as const) {
        await waitUntil(async () => (await pullOf(list))?.state === 'SUCCEEDED', {
          describe: `its ${list} to be pulled`,
        });
      }
      expect(await terminals()).toEqual([['QUIET-1', true]]);
      expect(await tokens()).toEqual([['CARD-1', true]]);
      expect(await pullOf('terminals')).toMatchObject({ mode: 'full', failures: 0, remarks: [] });
    });

    it.each(['2.2.1', '2.3.0'] as const)(
      'is known when it is pulled in %s, and what it withdrew counts no more (PAG-18, COO-08)',
      async (version) => {
        const { ptp, operator } = simulator;
        await registerAndCrawl(simulator, version);
        const names = Array.from({ length: 60 }, (_, index) => `${version}-${index}`);
        for (const name of names) {
          ptp.addTerminal({ terminalId: name, customerReference: 'VOLTAP-CITY' });
          ptp.issueToken(name);
        }
        ptp.issueToken('ALIEN', { country_code: 'FR', party_id: 'XYZ' });
        // More than one page of the provider.
        expect(await operator.post(`/terminals/pull/${partnerId}`)).toMatchObject({ terminals: 61, invalid: 0 });
        expect(await operator.post(`/tokens/pull/${partnerId}`)).toMatchObject({ tokens: 61, foreign: 1 });
        expect(await terminals()).toEqual(expect.arrayContaining(names.map((name) => [name, true])));
        expect(await tokens()).toEqual(expect.arrayContaining(names.map((name) => [name, true])));
        expect(JSON.stringify(await tokens())).not.toContain('ALIEN');

        for (const name of names) {
          ptp.removeTerminal(name);
          ptp.withdrawToken(name);
        }
        await operator.post(`/terminals/pull/${partnerId}`);
        await operator.post(`/tokens/pull/${partnerId}`);
        expect(await terminals()).toEqual(expect.arrayContaining(names.map((name) => [name, false])));
        expect(await tokens()).toEqual(expect.arrayContaining(names.map((name) => [name, false])));
        expect((await terminals()).find(([id]) => id === 'QUIET-1')).toEqual(['QUIET-1', true]);
        expect(ptp.log.complaints).toEqual([]);
      },
    );

    it('is not called missing when the provider breaks in the middle, and the failure is shown', async () => {
      const { ptp, operator, misbehaviours } = simulator;
      ptp.removeTerminal('QUIET-1');
      misbehaviours.add({ kind: 'http-500', route: 'payments', method: 'GET' });
      await expect(operator.post(`/terminals/pull/${partnerId}`)).rejects.toThrow('502');
      expect((await terminals()).find(([id]) => id === 'QUIET-1')).toEqual(['QUIET-1', true]);
      expect(await pullOf('terminals')).toMatchObject({ state: 'FAILED', problem: expect.stringContaining('500') });
    });
  });
}
