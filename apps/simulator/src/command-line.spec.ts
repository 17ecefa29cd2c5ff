import { describe, expect, it } from '@jest/globals';
import { helpText, readCommandLine } from './command-line.js';

describe('command line', () => {
  it('takes flags before environment before defaults, and the control port next to the port', () => {
    const read = readCommandLine(['--port', '5010', '--ocpi-version', '2.2.1', '--once'], {
      VOLTAP_API_KEY: 'key',
      SIMULATOR_PORT: '6010',
      SIMULATOR_SEED: '7',
    });
    expect(read).toMatchObject({ once: true, sample: true, ocpiVersion: '2.2.1', minutes: 40 });
    expect(read.options).toMatchObject({ apiKey: 'key', ptpPort: 5010, controlPort: 5011, seed: 7, party: 'DE*VLT' });
  });

  it('says in one line what is wrong', () => {
    expect(() => readCommandLine([], { VOLTAP_API_KEY_FILE: '/nowhere/key' })).toThrow(/no API key.*\/nowhere\/key/);
    expect(() => readCommandLine(['--api-key', 'k', '--speed', '0'], {})).toThrow('--speed is a number from 1');
    expect(() => readCommandLine(['--api-key', 'k', '--ocpi-version', '2.1.1'], {})).toThrow('--ocpi-version');
    expect(() => readCommandLine(['--api-key', 'k', '--colour', 'red'], {})).toThrow('--colour');
  });

  it('lists every option in its help', () => {
    for (const option of ['--public-url', '--state-directory', '--once', 'SIMULATOR_SPEED'])
      expect(helpText()).toContain(option);
  });
});
