import { type CommandRecord, commandsEndpoints } from '@voltap/contracts/back-office';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, table } from '../terminal.js';

const SESSIONS_HELP = `
Examples:
  voltap sessions stop DE VLT 0e1c2d9a-…             waits for the outcome
  voltap sessions stop DE VLT 0e1c2d9a-… --wait 5`;

const COMMANDS_HELP = `
Examples:
  voltap commands list --status ACCEPTED    what the charging back-end has not answered
  voltap commands list --evse DE-VLT-E0001  what was wanted at one EVSE
  voltap commands list --orphans            charges that began although the driver was told that they would not`;

/** Lines of a list; there may be millions behind them. */
const MOST_LINES = 100;

/** `voltap sessions …` and `voltap commands …`: charges that run, and what was wanted of charge points. */
export function addSessions(program: Command, api: BackOffice, output: Output): void {
  program
    .command('sessions')
    .description('charges: stop one')
    .addHelpText('after', SESSIONS_HELP)
    .command('stop')
    .description('have a charge stopped, and wait for what the charging back-end says')
    .argument('<country_code>')
    .argument('<party_id>')
    .argument('<id>', 'of the session')
    .addOption(new Option('--wait <seconds>', 'at most; 0 does not wait').default(45).argParser(secondsOf))
    .action(async (country_code: string, party_id: string, id: string, { wait }: { wait: number }) => {
      const asked = { params: { country_code, party_id, id }, query: { wait } };
      const { answered, command, session_status } = await api.call(commandsEndpoints.stopSession, asked);
      output.print({ answered, command, session_status }, () => outcomeText(command, session_status));
      if (!answered)
        throw new CommandFailure(
          `There is no answer yet; the stop goes on as command ${command.commandId}.`,
          EXIT.refused,
        );
      if (command.result?.result !== 'ACCEPTED')
        throw new CommandFailure(`The charge was not stopped: ${command.result?.result}.`, EXIT.refused);
    });

  program
    .command('commands')
    .description('what was wanted of charge points: look')
    .addHelpText('after', COMMANDS_HELP)
    .command('list')
    .description(`the newest ${MOST_LINES}`)
    .addOption(new Option('--status <status>', 'ACCEPTED: without an outcome').choices(['ACCEPTED', 'COMPLETED']))
    .option('--orphans', 'only starts that failed for the partner and charged nevertheless')
    .option('--evse <uid>', 'only at this EVSE')
    .action(async ({ status, orphans, evse }: { status?: string; orphans?: true; evse?: string }) => {
      const query = { status, orphans: orphans && 'true', evse_uid: evse, limit: MOST_LINES };
      const { items } = await api.call(commandsEndpoints.list, { query });
      output.print(items, () => commandsText(items));
    });
}

/** @throws InvalidArgumentError */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 60)) throw new InvalidArgumentError('0 to 60 seconds.');
  return seconds;
}

function outcomeText({ result, decidedBy }: CommandRecord, sessionStatus: string): string {
  const words = result?.message?.find(({ language }) => language === 'en')?.text;
  const by = decidedBy === 'SESSION' ? ', since the session has ended' : '';
  return `${result?.result ?? 'not answered'}${by}; the session is ${sessionStatus}.${words === undefined ? '' : ` ${words}`}`;
}

function commandsText(items: readonly CommandRecord[]): string {
  if (items.length === 0) return 'none';
  return table(
    ['ACCEPTED', 'TYPE', 'RESULT', 'BY', 'WANTED BY', 'EVSE', 'REFERENCE', 'ORPHAN', 'COMMAND'],
    items.map((command) => [
      command.acceptedAt,
      command.type,
      command.result?.result ?? 'none yet',
      command.decidedBy ?? '-',
      command.origin === 'PARTNER' ? command.partnerId : command.origin.toLowerCase(),
      command.evse_uid ?? '-',
      command.authorization_reference ?? '-',
      command.orphan === null ? '-' : `${command.orphan.policy}, session ${command.orphan.session_id}`,
      command.commandId,
    ]),
  );
}
