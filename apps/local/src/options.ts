import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalError } from './local-error.js';
import { SERVICES } from './services.js';

export interface LocalOptions {
  readonly bare: boolean;
  /** A process for each replica instead of one for all. */
  readonly processes: boolean;
  /** On the Kafka, Redis and PostgreSQL that the environment names. */
  readonly stack: boolean;
  /** How many of each service; one where nothing is said. */
  readonly replicas: Readonly<Record<string, number>>;
  readonly reset: boolean;
  readonly yes: boolean;
  readonly help: boolean;
  readonly once: boolean;
  readonly directory: string;
  readonly publicPort: number;
  readonly backOfficePort: number;
  readonly healthPort: number;
  readonly simulatorPort: number;
  readonly publicUrl: string;
  readonly ocpiVersion: '2.3.0' | '2.2.1';
  readonly logLevel: string;
  /** Base URL of an OTLP/HTTP receiver; null: nothing is traced. */
  readonly telemetry: string | null;
}

interface Choice {
  readonly flag: string;
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
}

const VALUES = {
  directory: {
    flag: 'data-directory',
    variable: 'VOLTAP_DATA_DIRECTORY',
    fallback: '.voltap',
    meaning: 'where everything is kept',
  },
  publicPort: {
    flag: 'public-port',
    variable: 'VOLTAP_PUBLIC_PORT',
    fallback: '4000',
    meaning: 'public gateway: OCPI and receipts',
  },
  backOfficePort: {
    flag: 'back-office-port',
    variable: 'VOLTAP_BACK_OFFICE_PORT',
    fallback: '4001',
    meaning: 'back-office API, /docs, /openapi.json',
  },
  healthPort: {
    flag: 'health-port',
    variable: 'VOLTAP_HEALTH_PORT',
    fallback: '4002',
    meaning: '/live, /ready, /metrics',
  },
  simulatorPort: {
    flag: 'simulator-port',
    variable: 'VOLTAP_SIMULATOR_PORT',
    fallback: '4010',
    meaning: 'first port of the simulator',
  },
  publicUrl: {
    flag: 'public-url',
    variable: 'VOLTAP_PUBLIC_URL',
    fallback: '',
    meaning: 'URL of the public gateway as partners see it',
  },
  ocpiVersion: {
    flag: 'ocpi-version',
    variable: 'VOLTAP_SIMULATOR_OCPI_VERSION',
    fallback: '2.3.0',
    meaning: 'version that the simulated PTP speaks: 2.3.0 or 2.2.1',
  },
  replicas: {
    flag: 'replicas',
    variable: 'VOLTAP_REPLICAS',
    fallback: '',
    meaning: 'processes of a service, as gateway=2,commands=2',
  },
  logLevel: {
    flag: 'log-level',
    variable: 'VOLTAP_LOG_LEVEL',
    fallback: 'info',
    meaning: 'trace, debug, info, warn, error',
  },
  telemetry: {
    flag: 'telemetry',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    fallback: '',
    meaning: 'OTLP/HTTP receiver that gets all traces, http://host:4318',
  },
} as const satisfies Record<string, Choice>;

const SWITCHES = {
  bare: { flag: 'bare', variable: 'VOLTAP_BARE', meaning: 'the platform alone, empty, no simulator' },
  processes: { flag: 'processes', variable: 'VOLTAP_PROCESSES', meaning: 'nine processes instead of one' },
  stack: {
    flag: 'stack',
    variable: 'VOLTAP_STACK',
    meaning: 'processes on real Kafka, Redis, PostgreSQL (VOLTAP_*_URL …)',
  },
  once: { flag: 'once', variable: 'VOLTAP_ONCE', meaning: 'play one charge, then end' },
  reset: { flag: 'reset', variable: 'VOLTAP_RESET', meaning: 'forget all data first; asks' },
  yes: { flag: 'yes', variable: 'VOLTAP_YES', meaning: 'with --reset: does not ask' },
} as const;

const STACK_REPLICAS = 'gateway=2,commands=2';
const MOST_REPLICAS = 9;

/** Flags win over environment variables, these over the defaults. @throws LocalError naming the flag. */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): LocalOptions {
  const flags = parseFlags(args);
  const value = (choice: Choice): string => {
    const flag = flags[choice.flag];
    return typeof flag === 'string' ? flag : environment[choice.variable] || choice.fallback;
  };
  const on = ({ flag, variable }: { flag: string; variable: string }): boolean =>
    flags[flag] === true || environment[variable] === 'true';
  const publicPort = port(VALUES.publicPort, value(VALUES.publicPort));
  const ocpiVersion = value(VALUES.ocpiVersion);
  if (ocpiVersion !== '2.3.0' && ocpiVersion !== '2.2.1') {
    throw new LocalError(`--ocpi-version ${ocpiVersion} is not one of 2.3.0 and 2.2.1.`);
  }
  const logLevel = value(VALUES.logLevel);
  if (!['trace', 'debug', 'info', 'warn', 'error'].includes(logLevel)) {
    throw new LocalError(`--log-level ${logLevel} is not one of trace, debug, info, warn, error.`);
  }
  const telemetry = value(VALUES.telemetry);
  if (telemetry !== '' && !/^https?:$/.test(URL.parse(telemetry)?.protocol ?? '')) {
    throw new LocalError(`--telemetry ${telemetry} is no http or https URL.`);
  }
  const directory = value(VALUES.directory);
  const stack = on(SWITCHES.stack);
  const processes = stack || on(SWITCHES.processes);
  const replicas = replicasIn(value(VALUES.replicas) || (stack ? STACK_REPLICAS : ''));
  if (!processes && Object.keys(replicas).length > 0) {
    throw new LocalError('--replicas are processes: add --processes or --stack.');
  }
  if (stack && on(SWITCHES.reset)) {
    throw new LocalError('--reset forgets nothing of a stack: start another one, or remove its voltap_* databases.');
  }
  return {
    bare: on(SWITCHES.bare),
    processes,
    stack,
    replicas,
    reset: on(SWITCHES.reset),
    yes: on(SWITCHES.yes),
    once: on(SWITCHES.once),
    help: flags.help === true,
    directory: isAbsolute(directory) ? directory : resolve(directory),
    publicPort,
    backOfficePort: port(VALUES.backOfficePort, value(VALUES.backOfficePort)),
    healthPort: port(VALUES.healthPort, value(VALUES.healthPort)),
    simulatorPort: port(VALUES.simulatorPort, value(VALUES.simulatorPort)),
    publicUrl: (value(VALUES.publicUrl) || `http://127.0.0.1:${publicPort}`).replace(/\/+$/, ''),
    ocpiVersion,
    logLevel,
    telemetry: telemetry === '' ? null : telemetry,
  };
}

export function helpText(): string {
  const lines = [
    'npm start [-- options]',
    '',
    'Starts Voltap on this machine: nine services on an embedded PostgreSQL, and a simulated city with a',
    'Payter-like terminal provider that plays one card-paid charge. Everything listens on 127.0.0.1 only.',
    '',
    ...Object.values(SWITCHES).map(({ flag, variable, meaning }) => row(`--${flag}`, meaning, `${variable}=true`)),
    ...Object.values(VALUES).map(({ flag, variable, fallback, meaning }) =>
      row(`--${flag} <value>`, `${meaning}${fallback === '' ? '' : ` (${fallback})`}`, variable),
    ),
    row('--help', 'this text', ''),
    '',
    'Data are kept in the data directory: a second start goes on where the first one ended.',
    'npm run start:stack takes the same options and starts Kafka, Redis and PostgreSQL too, unless their variables are set.',
  ];
  return `${lines.join('\n')}\n`;
}

function row(left: string, meaning: string, variable: string): string {
  return `  ${left.padEnd(28)} ${meaning.padEnd(62)} ${variable}`.trimEnd();
}

function parseFlags(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } };
  for (const { flag } of Object.values(SWITCHES)) options[flag] = { type: 'boolean' };
  for (const { flag } of Object.values(VALUES)) options[flag] = { type: 'string' };
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error);
    throw new LocalError(`${reason}. See npm start -- --help.`);
  }
}

function port(choice: Choice, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new LocalError(`--${choice.flag} ${text} is not a port (1 to 65535).`);
  }
  return number;
}

/** `service=count,…`. @throws LocalError */
function replicasIn(text: string): Record<string, number> {
  const replicas: Record<string, number> = {};
  for (const entry of text.split(',').filter((each) => each.trim() !== '')) {
    const [service = '', count = ''] = entry.trim().split('=');
    if (!SERVICES.some(({ name }) => name === service)) {
      throw new LocalError(
        `--replicas ${entry}: ${service} is none of ${SERVICES.map(({ name }) => name).join(', ')}.`,
      );
    }
    if (!/^\d$/.test(count) || Number(count) < 1) {
      throw new LocalError(`--replicas ${entry}: a service has 1 to ${MOST_REPLICAS} of them.`);
    }
    replicas[service] = Number(count);
  }
  return replicas;
}
