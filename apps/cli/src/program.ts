import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { BackOffice, BackOfficeFailure } from './back-office.js';
import { addCompletion } from './completion.js';
import { addPartners } from './partners/partners.js';
import { Output, type Terminal } from './terminal.js';

interface GlobalOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
  readonly json?: true;
}

/** `voltap`: one group of commands a folder, each added here. */
export function voltap(terminal: Terminal): Command {
  const program = new Command('voltap')
    .description('Voltap for its operator: everything that the back-office API can do, on the command line.')
    .addOption(
      new Option('--url <url>', 'origin of the back-office API')
        .env('VOLTAP_BACK_OFFICE_URL')
        .default('http://127.0.0.1:4001'),
    )
    .addOption(new Option('--api-key <key>', 'key of the back-office API').env('VOLTAP_API_KEY'))
    .addOption(new Option('--api-key-file <file>', 'file that holds the key').env('VOLTAP_API_KEY_FILE'))
    .option('--json', 'print what the API answered, for programs')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help to see what there is)');
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  const api = new BackOffice(() => ({ url: options().url, apiKey: keyOf(options()) }));
  addPartners(program, api, new Output(terminal, () => options().json === true));
  addCompletion(program, terminal);
  return program;
}

/** @throws BackOfficeFailure when there is no key. */
function keyOf({ apiKey, apiKeyFile }: GlobalOptions): string {
  if (apiKey !== undefined) return apiKey;
  if (apiKeyFile !== undefined) return readKey(apiKeyFile);
  throw new BackOfficeFailure('An API key is needed: set VOLTAP_API_KEY, or VOLTAP_API_KEY_FILE.', null);
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new BackOfficeFailure(`The API key cannot be read: ${error instanceof Error ? error.message : error}`, null);
  }
}
