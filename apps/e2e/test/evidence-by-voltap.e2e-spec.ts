import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playCharge } from '@voltap/simulator';
import { strFromU8, unzipSync } from 'fflate';
import { expectSettledOnce } from './stage/settled-charge.js';
import { openStage, type Stage } from './stage/stage.js';
import { backOfficeOf, runVoltap } from './stage/voltap.js';

describe('voltap evidence', () => {
  let stage: Stage;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-evidence-'));
    stage = await openStage();
  });
  afterAll(async () => {
    await stage?.close();
    await rm(folder, { recursive: true });
  });

  it('writes all that is known of a charge into one archive, and nothing of the card but what the receipt shows', async () => {
    const { charge } = await playCharge(stage.simulator, { minutes: 5 });
    const reference = charge.authorizationReference;
    // The confirmation may be here before payments has heard of all else.
    await expectSettledOnce(stage.simulator, reference);
    const out = join(folder, 'charge.zip');
    const { code, error } = await runVoltap(['evidence', reference, '--out', out], backOfficeOf(stage.platform));
    expect([code, error]).toEqual([0, expect.stringMatching(/^\d+ messages to the partner/)]);
    const files = unzipSync(await readFile(out));
    const names = Object.keys(files);
    for (const name of ['reconciliation', 'command', 'session', 'cdr', 'receipt'])
      expect(names).toContain(`${name}.json`);
    expect(names).toContain('receipt.pdf');
    const messages = names.filter((name) => name.startsWith('messages/'));
    expect(messages.join()).toMatch(/command-result.*session.*cdr/);
    const parsed = (name: string) => JSON.parse(strFromU8(files[name] ?? new Uint8Array())) as Record<string, unknown>;
    expect(parsed('reconciliation.json')).toMatchObject({ authorization_reference: reference, state: 'MATCHED' });
    expect(parsed('cdr.json')).toMatchObject({ cdr: { authorization_reference: reference } });
    expect(parsed('session.json')).toMatchObject({ session: { authorization_reference: reference } });
    const summary = strFromU8(files['summary.txt'] ?? new Uint8Array());
    expect(summary).toContain(`Charge ${reference}: MATCHED`);
    for (const name of names.filter((each) => each !== 'summary.txt')) {
      const digest = createHash('sha256')
        .update(files[name] ?? '')
        .digest('hex');
      expect(summary).toContain(`${digest}  ${name}`);
    }
    for (const name of messages) expect(strFromU8(files[name] ?? new Uint8Array())).not.toContain(charge.token.uid);
  });

  it('says that nothing is known of a charge, and writes nothing', async () => {
    const out = join(folder, 'nothing.zip');
    const { code, error } = await runVoltap(['evidence', 'NOBODY', '--out', out], backOfficeOf(stage.platform));
    expect([code, error]).toEqual([1, expect.stringContaining('Nothing is known of a charge NOBODY')]);
    await expect(readFile(out)).rejects.toThrow('ENOENT');
  });
});
