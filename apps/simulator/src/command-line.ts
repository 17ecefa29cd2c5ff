import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './simulator-options.js';
import { isOcpiVersion, type OcpiVersion } from './wire/version.js';

export interface CommandLine {
  readonly help: boolean;
  /** End after the one charge, without a living city. */
  readonly once: boolean;
  /** Whether the sample network is imported into an empty platform. */
  readonly sample: boolean;
  readonly minutes: number;
  readonly ocpiVersion: OcpiVersion | undefined;
  readonly options: SimulatorOptions;
}

/** Each option: flag, environment variable, default, meaning. */
const OPTIONS = [
  ['public-url', 'VOLTAP_PUBLIC_URL', 'http://127.0.0.1:4000', "origin of the platform's public gateway"],
  ['back-office-url', 'VOLTAP_BACK_OFFICE_URL', 'http://127.0.0.1:4001', 'origin of the back-office API'],
  ['api-key', 'VOLTAP_API_KEY', '', 'key for the back-office API'],
  ['api-key-file', 'VOLTAP_API_KEY_FILE', '.voltap/api-key', 'file that holds the key, when no key is given'],
  ['port', 'SIMULATOR_PORT', '4010', "port of the PTP's OCPI server"],
  ['control-port', 'SIMULATOR_CONTROL_PORT', '', 'port of POST /control (default: the one after --port)'],
  ['ptp-url', 'SIMULATOR_PTP_URL', '', 'origin under which the platform reaches the PTP (default: its address)'],
  ['ocpi-version', 'SIMULATOR_OCPI_VERSION', '2.3.0,2.2.1', 'versions the PTP announces, comma separated'],
  ['party', 'SIMULATOR_PARTY', 'DE*VLT', 'the CPO party'],
  ['seed', 'SIMULATOR_SEED', '1', 'the same seed gives the same city'],
  ['speed', 'SIMULATOR_SPEED', '160', 'virtual seconds per real second while charging'],
  ['minutes', 'SIMULATOR_MINUTES', '40', 'minutes of charging before the driver stops'],
  ['state-directory', 'SIMULATOR_STATE_DIRECTORY', '', 'where state is kept for the next start (default: nowhere)'],
] as const;
type Name = (typeof OPTIONS)[number][0];

export function helpText(): string {
  const lines = OPTIONS.map(
    ([flag, variable, standard, meaning]) =>
      `  --${flag.padEnd(18)}${variable.padEnd(28)}${meaning}${standard === '' ? '' : ` [${standard}]`}`,
  );
  return [
    'A payment terminal provider and a charging back-end, playing one card-paid charge against a Voltap platform.',
    '',
    'Options (flag, environment variable, meaning [default]):',
    ...lines,
    '  --no-sample                                     leave an empty platform empty; else it gets the sample network',
    '  --once                                          end after the charge, without a living city',
    '  --help                                          this text',
    '',
  ].join('\n');
}

/** @throws Error in plain words when an option is unknown or has no sense. */
export function readCommandLine(args: readonly string[], environment: NodeJS.ProcessEnv): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(OPTIONS.map(([flag]) => [flag, { type: 'string' } as const])),
      help: { type: 'boolean' },
      once: { type: 'boolean' },
      'no-sample': { type: 'boolean' },
    },
  });
  const flags: Readonly<Record<string, unknown>> = values;
  const option = (name: Name): string => {
    const found = OPTIONS.find(([flag]) => flag === name);
    const given = flags[name] ?? (found ? environment[found[1]] : undefined);
    return typeof given === 'string' && given !== '' ? given : (found?.[2] ?? '');
  };
  const number = (name: Name, least: number): number => {
    const value = Number(option(name));
    if (!Number.isFinite(value) || value < least) throw new Error(`--${name} is a number from ${least}`);
    return value;
  };
  const help = flags.help === true;
  const versions = option('ocpi-version').split(',');
  if (!versions.every(isOcpiVersion)) throw new Error('--ocpi-version is 2.3.0, 2.2.1 or both, comma separated');
  const minutes = number('minutes', 1);
  const stateDirectory = option('state-directory');
  const ptpUrl = option('ptp-url');
  const ptpPort = number('port', 0);
  const controlPort = option('control-port') === '' ? (ptpPort === 0 ? 0 : ptpPort + 1) : number('control-port', 0);
  return {
    help,
    once: flags.once === true,
    sample: flags['no-sample'] !== true,
    minutes,
    ocpiVersion: versions.length === 1 ? versions[0] : undefined,
    options: {
      gatewayUrl: option('public-url'),
      backOfficeUrl: option('back-office-url'),
      apiKey: help ? '' : readApiKey(option('api-key'), option('api-key-file')),
      party: option('party'),
      ptpPort,
      controlPort,
      seed: number('seed', 0),
      stateDirectory: stateDirectory === '' ? null : stateDirectory,
      ptp: { versions, publicUrl: ptpUrl === '' ? null : ptpUrl.replace(/\/+$/, '') },
      backEnd: { speed: number('speed', 1), plannedMinutes: minutes + 2 },
    },
  };
}

function readApiKey(key: string, file: string): string {
  if (key !== '') return key;
  if (!existsSync(file)) throw new Error(`no API key: give --api-key, or start the platform so that ${file} exists`);
  return readFileSync(file, 'utf8').trim();
}
