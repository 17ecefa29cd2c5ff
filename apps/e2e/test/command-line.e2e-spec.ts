import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject, Simulator } from '@voltap/simulator';
import { ROOT } from './stage/running-platform.js';
import { openStage, type Stage } from './stage/stage.js';
import { backOfficeOf, runVoltap } from './stage/voltap.js';

const MAIN = join(ROOT, 'apps/cli/dist/main.js');
/** What somebody sees who types `voltap partners s` and the tabulator. */
const TYPED_IN_BASH = `
voltap() { "$MAIN" "$@"; }
source <(voltap completion bash)
COMP_WORDS=(voltap partners s) COMP_CWORD=2
_voltap
echo "\${COMPREPLY[@]}"`;

describe('voltap partners', () => {
  let stage: Stage;
  let simulator: Simulator;
  let folder: string;
  let id: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-cli-'));
    stage = await openStage({ network: false });
    simulator = stage.simulator;
  });
  afterAll(async () => {
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const voltap = (words: readonly string[], environment: Record<string, string> = {}) =>
    runVoltap(words, { ...backOfficeOf(stage.platform), ...environment });
  const partners = (...words: string[]) => voltap(['partners', ...words]);
  async function json(...words: string[]): Promise<JsonObject> {
    const { code, out, error } = await partners(...words, '--json');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    return JSON.parse(out) as JsonObject;
  }

  it('opens a connection and prints what the partner needs, this once', async () => {
    const created = await partners(
      'create',
      '--name',
      'Payter',
      '--party',
      'DE*VLT=Voltap',
      '--ocpi',
      '2.2.1',
      '--ocpi',
      '2.3.0',
    );
    expect(created.code).toBe(0);
    expect(created.out).toMatch(/status +PENDING[\s\S]+Hand these to the partner[\s\S]+Token A +\S{48}/);
    id = /^id +(\S+)/m.exec(created.out)?.[1] ?? '';
    const token = /Token A +(\S+)/.exec(created.out)?.[1] ?? '';
    const shown = await partners('show', id);
    expect(shown.out).toMatch(/registration, since/);
    expect(shown.out).not.toContain(token);
  });

  it('registers with the Token A of the partner, renews, upgrades, stops and resumes', async () => {
    const { token, versionsUrl } = simulator.ptp.credentials.offer();
    const file = join(folder, 'token-a');
    await writeFile(file, `${token}\n`);
    const words = ['register', id, '--versions-url', versionsUrl, '--token-file', file];
    expect(await json(...words, '--ocpi', '2.2.1')).toMatchObject({ status: 'REGISTERED', version: '2.2.1' });
    const before = simulator.ptp.store.registration.ownToken;
    expect(await json('rotate', id)).toMatchObject({ version: '2.2.1' });
    expect(simulator.ptp.store.registration.ownToken).not.toBe(before);
    expect(await json('upgrade', id)).toMatchObject({ version: '2.3.0' });
    expect(await json('upgrade', id, '--to', '2.2.1')).toMatchObject({ version: '2.2.1' });
    expect(await json('suspend', id)).toMatchObject({ status: 'SUSPENDED' });
    expect(await json('resume', id)).toMatchObject({ status: 'REGISTERED' });
  });

  it('changes what is named, and lists partners', async () => {
    const changed = await json(
      'change',
      id,
      '--name',
      'Payter live',
      '--set',
      'plainToken=false',
      '--customer-reference',
      'C-1',
    );
    expect(changed).toMatchObject({
      name: 'Payter live',
      customerReferences: ['C-1'],
      settings: { plainToken: false },
      parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
    });
    const { out } = await partners('list');
    expect(out).toMatch(/^ID +NAME +STATUS/);
    expect(out).toMatch(new RegExp(`^${id} +Payter live +REGISTERED +2\\.2\\.1 +payter +DE\\*VLT$`, 'm'));
  });

  it('tells the history with the request ids that the partner saw', async () => {
    const { out } = await partners('history', id, '--limit', '50');
    expect(out).toMatch(/register done {2}by key/);
    const asked = simulator.ptp.log.requests.map(({ headers }) => String(headers['x-request-id']));
    const put = simulator.ptp.log.requests.findLast(({ method }) => method === 'PUT');
    expect(out).toContain(
      `PUT credentials ${simulator.ptp.url}/2.2.1/credentials: HTTP 200 1000, request ${put?.headers['x-request-id']}`,
    );
    expect(asked.filter((requestId) => out.includes(requestId)).length).toBeGreaterThan(8);
  });

  it('says what is wrong, and ends with a code that is not 0', async () => {
    const wrong = await partners('upgrade', id, '--to', '9.9');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.error).toMatch(/^voltap: /);
    expect((await partners('show', 'nobody')).error).toBe('voltap: There is no partner nobody.\n');
    const unsaid = await partners('register', id);
    expect(unsaid).toMatchObject({ code: 2, error: expect.stringMatching("'--versions-url <url>' not specified") });
    const away = await voltap(['partners', 'list'], { VOLTAP_BACK_OFFICE_URL: 'http://127.0.0.1:9' });
    expect(away).toMatchObject({ code: 3, error: expect.stringMatching(/cannot be reached.*VOLTAP_BACK_OFFICE_URL/) });
    const nowhere = await voltap(['partners', 'list', '--url', 'nowhere']);
    expect(nowhere).toMatchObject({ code: 2, error: expect.stringMatching(/^voltap: nowhere is no address/) });
    const stranger = await voltap(['partners', 'list'], { VOLTAP_API_KEY: 'nobody-has-this-key' });
    expect(stranger).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^voltap: This API key is not known\.\n {2}Set VOLTAP_API_KEY /),
    });
    const file = join(folder, 'another-key');
    await writeFile(file, 'nobody-has-this-key\n');
    expect((await voltap(['--api-key-file', file, 'partners', 'list'])).error).toMatch(/This API key is not known/);
    const keyless = await voltap(['partners', 'list'], {
      VOLTAP_API_KEY: '',
      VOLTAP_API_KEY_FILE: join(folder, 'none'),
    });
    expect(keyless).toMatchObject({ code: 2, error: expect.stringMatching(/key cannot be read: ENOENT/) });
    const nameless = await partners('create', '--name', ' ', '--party', 'DE*VLT=Voltap');
    expect(nameless).toMatchObject({ code: 1, error: expect.stringMatching(/^ {2}\/name: /m) });
  });

  it('ends a registration, and takes the partner back with a new Token A', async () => {
    expect(await json('unregister', id)).toMatchObject({ status: 'UNREGISTERED' });
    expect(simulator.ptp.store.state.registration).toBeNull();
    const { tokenA, versionsUrl } = await json('token', id, '--hours', '1');
    await simulator.ptp.credentials.register(String(versionsUrl), String(tokenA), '2.3.0');
    expect(await json('show', id)).toMatchObject({ status: 'REGISTERED', version: '2.3.0' });
  });

  it('helps, and completes what is typed', async () => {
    const { out } = await voltap(['partners', '--help']);
    for (const command of ['create', 'register', 'rotate', 'upgrade', 'suspend', 'resume', 'unregister', 'history'])
      expect(out).toMatch(new RegExp(`^ +${command} `, 'm'));
    expect((await voltap(['complete', '--', 'partners', 'up'])).out).toBe('upgrade\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', TYPED_IN_BASH], { env: { ...process.env, MAIN } });
    expect(stdout).toBe('show suspend\n');
    expect((await voltap(['completion', 'tcsh'])).code).toBe(2);
    const { stderr } = await promisify(execFile)('bash', ['-c', '"$MAIN" --help | true'], {
      env: { ...process.env, MAIN },
    });
    expect(stderr).toBe('');
  });
});
