import { existsSync, readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { BackOffice } from './back-office.js';
import { addCompletion } from './completion.js';
import { addDeliveries } from './deliveries/deliveries.js';
import { addEvents } from './events/events.js';
import { CommandFailure, EXIT } from './failure.js';
import { addCdrs } from './money/cdrs.js';
import { addEvidence } from './money/evidence.js';
import { addPayouts } from './money/payouts.js';
import { addPeriods } from './money/periods.js';
import { addReconciliation } from './money/reconciliation.js';
import { addPartners } from './partners/partners.js';
import { addLocations } from './prices/locations.js';
import { addPrice } from './prices/price.js';
import { addPurchase } from './prices/purchase.js';
import { addTariffs } from './prices/tariffs.js';
import { addProjections } from './projections/projections.js';
import { addPulls } from './pulls/pulls.js';
import { addSessions } from './sessions/sessions.js';
import { Output, type Terminal } from './terminal.js';
import { addTerminals } from './terminals/terminals.js';
import { addTopics } from './topics/topics.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface GlobalOptions {
  readonly url: string;
  readonly apiKeyFile?: string;
  readonly json?: true;
}

const HELP = `
Examples:
  voltap partners list
  voltap deliveries list --state EXHAUSTED
  voltap events list --kind money
  voltap projections rebuild commands tariff_projection
  voltap sessions stop DE VLT 0e1c2d9a-…
  voltap reconciliation summary
  voltap topics plan
  voltap price --tariff t.json --session s.json --time-zone Europe/Berlin

Exit codes: 0 done, 1 refused or not as it should be, 2 not understood, 3 cannot be reached.`;
/** Where `npm start` keeps the key of its platform. */
const LOCAL_KEY_FILE = '.voltap/api-key';

/** `voltap`: one group of commands a folder, each added here. */
export function voltap(terminal: Terminal, environment: Environment = {}): Command {
  const program = new Command('voltap')
    .description('Voltap for its operator: everything that the back-office API can do, on the command line.')
    .addOption(
      new Option('--url <url>', 'origin of the back-office API')
        .env('VOLTAP_BACK_OFFICE_URL')
        .default('http://127.0.0.1:4001'),
    )
    .addOption(
      new Option(
        '--api-key-file <file>',
        `file that holds the key of the API; without it VOLTAP_API_KEY is the key, or ${LOCAL_KEY_FILE} holds it`,
      ).env('VOLTAP_API_KEY_FILE'),
    )
    .option('--json', 'print what the API answered, for programs')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help to see what there is)');
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  const api = new BackOffice(() => {
    // A file that is named here and now is meant; a key in the environment comes before a file in the environment.
    const named = program.getOptionValueSource('apiKeyFile') === 'cli';
    const key = named ? undefined : environment.VOLTAP_API_KEY;
    return { url: urlOf(options()), apiKey: key || keyIn(options().apiKeyFile) };
  });
  const output = new Output(terminal, () => options().json === true);
  addPartners(program, api, output);
  addDeliveries(program, api, output);
  addEvents(program, api, output);
  addProjections(program, api, output);
  addPulls(program, api, output);
  addCdrs(program, api, output);
  addSessions(program, api, output);
  addReconciliation(program, api, output);
  addEvidence(program, api, output);
  addPayouts(program, api, output);
  addPeriods(program, api, output);
  addLocations(program, api, output);
  addTariffs(program, api, output, terminal);
  addPrice(program, output, terminal);
  addPurchase(program, output, terminal);
  addTerminals(program, api, output);
  addTopics(program, output);
  addCompletion(program, terminal);
  program.addHelpText('after', HELP);
  return program;
}

/** @throws CommandFailure when it is none. */
function urlOf({ url }: GlobalOptions): string {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new CommandFailure(`${url} is no address of a back-office; http://127.0.0.1:4001 is one.`, EXIT.usage);
  return url;
}

/** @throws CommandFailure when there is no key. */
function keyIn(file: string | undefined): string {
  if (file !== undefined) return readKey(file);
  if (existsSync(LOCAL_KEY_FILE)) return readKey(LOCAL_KEY_FILE);
  throw new CommandFailure(
    `An API key is needed: set VOLTAP_API_KEY or VOLTAP_API_KEY_FILE. Without them ${LOCAL_KEY_FILE} is read, which is not there.`,
    EXIT.usage,
  );
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CommandFailure(
      `The API key cannot be read: ${error instanceof Error ? error.message : error}`,
      EXIT.usage,
    );
  }
}
