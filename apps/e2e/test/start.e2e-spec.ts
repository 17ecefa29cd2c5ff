import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { buildOnce } from './stage/running-platform.js';
import { choosePorts, flagsOf, npmStart, type Ports, type StartedCommand } from './stage/started-command.js';

/** Processes whose command line names the directory. */
async function processesOf(directory: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const commands = await Promise.all(
    // A process may end while it is looked at.
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes(directory)).map((command) => command.replaceAll('\0', ' '));
}

describe('npm start', () => {
  let parent: string;
  let directory: string;
  let ports: Ports;
  const started: StartedCommand[] = [];
  beforeAll(async () => {
    await buildOnce();
    parent = await mkdtemp(join(tmpdir(), 'voltap-start-'));
    directory = join(parent, 'kept');
    ports = await choosePorts();
  });
  afterEach(async () => {
    for (const command of started) command.signal('SIGTERM');
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  function start(...flags: string[]): StartedCommand {
    const command = npmStart(...flags);
    started.push(command);
    return command;
  }

  /** It ends by itself, not with 0, after one line for the one who typed it. */
  async function expectOneLine(command: StartedCommand, line: RegExp): Promise<void> {
    expect(await command.ended).toBe(1);
    const lines = command.output.trim().split('\n');
    expect(lines.at(-1)).toMatch(line);
    expect(command.output).not.toMatch(/^\s+at /m);
    expect(lines.length).toBeLessThanOrEqual(2);
  }

  it('explains itself with --help', async () => {
    const command = start('--help');
    expect(await command.ended).toBe(0);
    for (const flag of ['--bare', '--processes', '--once', '--reset', '--yes', '--data-directory', '--public-port'])
      expect(command.output).toContain(flag);
  });

  it('says which port is taken and what to do', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(ports.backOffice, '127.0.0.1', resolve));
    try {
      const command = start(...flagsOf(ports, join(parent, 'taken')), '--bare');
      await expectOneLine(command, new RegExp(`Port ${ports.backOffice} .* taken .*--back-office-port`));
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('says that a directory cannot be written', async () => {
    await writeFile(join(parent, 'file'), '');
    const command = start(...flagsOf(ports, join(parent, 'file', 'below')), '--bare');
    await expectOneLine(command, /cannot be written .*--data-directory/);
  });

  it('says that a data directory is broken and what to do', async () => {
    const broken = join(parent, 'broken');
    await mkdir(join(broken, 'postgres'), { recursive: true });
    await writeFile(join(broken, 'postgres', 'letters'), '');
    await expectOneLine(start(...flagsOf(ports, broken), '--bare'), /holds other files .*choose an empty or a new/);

    const damaged = join(parent, 'damaged');
    await mkdir(damaged);
    await writeFile(join(damaged, 'api-key'), 'cut off');
    await expectOneLine(start(...flagsOf(ports, damaged), '--bare'), /api-key is damaged\. .*--reset/);
  });

  it('plays one charge, tells it as it happens, and ends with nothing left behind', async () => {
    const command = start(...flagsOf(ports, directory), '--once');
    expect(await command.ended).toBe(0);
    const steps = [
      /^Voltap is ready$/,
      /Payter +→ Voltap +POST credentials +2\.3\.0/,
      /Payter +→ Voltap +POST terminal/,
      /Voltap +→ operator +assignment CONFIRMED/,
      /driver +→ terminal +tap/,
      /terminal +→ Voltap +START_SESSION/,
      /Voltap +→ terminal +CommandResult START_SESSION +ACCEPTED/,
      /Voltap +→ Payter +PATCH session ACTIVE +\d+\.\d\d EUR/,
      /terminal +→ Voltap +STOP_SESSION/,
      /Voltap +→ Payter +POST CDR +\d+\.\d\d EUR/,
      /Payter +→ driver +capture +\d+\.\d\d EUR/,
      /Payter +→ Voltap +POST confirmation SUCCESS +\d+\.\d\d EUR/,
      /^Receipt: http:\/\/127\.0\.0\.1:\d+\/receipts\/\S+$/,
    ];
    const lines = command.output.split('\n');
    const positions = steps.map((step) => lines.findIndex((line) => step.test(line)));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((left, right) => left - right));
    expect(command.output).not.toMatch(/^complaint/m);
    expect((await stat(join(directory, 'api-key'))).mode & 0o777).toBe(0o600);
    expect(await processesOf(directory)).toEqual([]);
    expect(await readdir(join(directory, 'postgres'))).not.toContain('postmaster.pid');
  });

  it('resumes on the kept data, registers nothing twice, and ends by Ctrl-C without a process or lock', async () => {
    const command = start(...flagsOf(ports, directory));
    await command.until(/^Receipt: (\S+)$/m);
    expect(command.output).toMatch(/registration resumed/);
    expect(command.output).not.toMatch(/POST credentials|Token A/);
    const [, receipt = ''] = await command.until(/^Receipt: (\S+)$/m);
    expect((await fetch(receipt)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${ports.health}/ready`)).status).toBe(200);
    const key = (await readFile(join(directory, 'api-key'), 'utf8')).trim();
    expect(command.output).toContain(key);
    const ask = async (path: string) => {
      const url = `http://127.0.0.1:${ports.backOffice}/api/v1${path}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
      return ((await response.json()) as { items: unknown[] }).items;
    };
    expect(await ask('/partners')).toHaveLength(1);
    expect(await ask('/terminals')).toHaveLength(1);
    expect(await ask('/reconciliation?state=MATCHED')).toHaveLength(2);

    command.signal('SIGINT');
    expect(await command.ended).not.toBe(0);
    await waitUntil(async () => (await processesOf(directory)).length === 0, {
      describe: 'all processes of it to be gone',
    });
    expect(await readdir(join(directory, 'postgres'))).not.toContain('postmaster.pid');
    expect(command.output).not.toMatch(/^\s+at /m);
  });
});
