import { credentialsEndpoints, type PartnerRecord, type PartnerWithToken } from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { type Output, table } from '../terminal.js';
import {
  changedTerms,
  clearable,
  ownParty,
  type TermsOptions,
  termsOf,
  wholeNumber,
  withTermsOptions,
} from './partner-terms.js';
import { eventText, handOverText, partnerText, partyText } from './partner-text.js';

interface RegisterOptions {
  readonly versionsUrl: string;
  readonly tokenFile: string;
  readonly ocpi?: string;
  readonly replace?: true;
}

const HELP = `
Examples:
  voltap partners create --name Payter --party 'DE*VLT=Voltap Charging'
  voltap partners register <id> --versions-url https://ptp.example/ocpi/versions --token-file token-a
  voltap partners change <id> --customer-reference CITY
  voltap partners history <id> --limit 50`;

/** `voltap partners …`: connections to partners, from the first token to the last. */
export function addPartners(program: Command, api: BackOffice, output: Output): void {
  const partners = program
    .command('partners')
    .description('connections to partners: create, register, rotate, end')
    .addHelpText('after', HELP);
  const path = (id: string): Record<string, string> => ({ id });
  const show = (partner: PartnerRecord): void => output.print(partner, () => partnerText(partner));
  const showWithToken = (partner: PartnerWithToken): void =>
    output.print(partner, () => `${partnerText(partner)}\n\n${handOverText(partner)}`);

  partners
    .command('list')
    .description('all partners, oldest first')
    .action(async () => {
      const all = await api.all<PartnerRecord>(credentialsEndpoints.list);
      output.print(all, () =>
        table(
          ['ID', 'NAME', 'STATUS', 'VERSION', 'PROFILE', 'PARTIES'],
          all.map((partner) => [
            partner.id,
            partner.name,
            partner.status,
            partner.version ?? '-',
            partner.profile,
            partner.parties.map(partyText).join(' '),
          ]),
        ),
      );
    });

  partners
    .command('show')
    .description('one partner: what is decided, what is agreed, which tokens open something')
    .argument('<id>')
    .action(async (id: string) => show(await api.call(credentialsEndpoints.read, { params: path(id) })));

  withTermsOptions(
    partners
      .command('create')
      .description('open a connection; prints its Token A and our versions URL, this once')
      .requiredOption('--name <name>', 'for people')
      .requiredOption(
        '--party <CC*PID=name>',
        'our party that the partner deals with; as often as there are some',
        ownParty,
      ),
  )
    .option('--token-hours <hours>', 'how long Token A is good for', wholeNumber)
    .action(async (options: TermsOptions & { tokenHours?: number }) => {
      const body = { ...termsOf(options), ...(options.tokenHours ? { tokenAHours: options.tokenHours } : {}) };
      showWithToken(await api.call(credentialsEndpoints.create, { body }));
    });

  withTermsOptions(
    partners
      .command('change')
      .description('change what was decided of a partner; what is not named stays, a list that is named is replaced')
      .argument('<id>')
      .option('--name <name>', 'for people')
      .option('--party <CC*PID=name>', 'our party that the partner deals with; as often as there are some', ownParty),
  )
    .option('--unset <setting...>', 'settings that go back to those of the profile')
    .option('--clear <list>', 'partner-parties, customer-references, required-endpoints or allowed-hosts', clearable)
    .action(async (id: string, options: TermsOptions) => {
      const before: PartnerRecord = await api.call(credentialsEndpoints.read, { params: path(id) });
      show(await api.call(credentialsEndpoints.changeTerms, { params: path(id), body: changedTerms(before, options) }));
    });

  partners
    .command('token')
    .description('issue a new Token A; all tokens of before are dead')
    .argument('<id>')
    .option('--end-registration', 'also when the partner is registered, which ends by it')
    .option('--hours <hours>', 'how long it is good for', wholeNumber)
    .action(async (id: string, options: { endRegistration?: true; hours?: number }) => {
      const body = {
        endRegistration: options.endRegistration ?? false,
        ...(options.hours ? { tokenAHours: options.hours } : {}),
      };
      showWithToken(await api.call(credentialsEndpoints.issueTokenA, { params: path(id), body }));
    });

  partners
    .command('register')
    .description('register at the partner now, with the Token A and the versions URL that it gave us')
    .argument('<id>')
    .requiredOption('--versions-url <url>', 'of the partner')
    .requiredOption('--token-file <file>', 'file with the Token A of the partner, - for standard input')
    .option('--ocpi <version>', 'OCPI version; the highest that both offer, when left out')
    .option('--replace', 'also when the partner is registered, which ends by it')
    .action(async (id: string, options: RegisterOptions) => {
      const body = {
        token: await output.secret(options.tokenFile),
        versionsUrl: options.versionsUrl,
        ...(options.ocpi ? { version: options.ocpi } : {}),
        replace: options.replace ?? false,
      };
      show(await api.call(credentialsEndpoints.register, { params: path(id), body }));
    });

  partners
    .command('rotate')
    .description('exchange both tokens with the partner now; traffic goes on')
    .argument('<id>')
    .action(async (id: string) => show(await api.call(credentialsEndpoints.rotate, { params: path(id), body: {} })));

  partners
    .command('upgrade')
    .description('move the connection to another version, up or down, with new tokens; traffic goes on')
    .argument('<id>')
    .option('--to <version>', 'the version', 'highest')
    .action(async (id: string, { to }: { to: string }) =>
      show(await api.call(credentialsEndpoints.rotate, { params: path(id), body: { version: to } })),
    );

  for (const [name, suspended, description] of [
    ['suspend', true, 'stop all traffic with a partner at once; tokens and registration are kept'],
    ['resume', false, 'let the traffic of a suspended partner flow again'],
  ] as const) {
    partners
      .command(name)
      .description(description)
      .argument('<id>')
      .action(async (id: string) =>
        show(await api.call(credentialsEndpoints.suspend, { params: path(id), body: { suspended } })),
      );
  }

  partners
    .command('unregister')
    .description('end the registration at once, and tell the partner')
    .argument('<id>')
    .action(async (id: string) => show(await api.call(credentialsEndpoints.unregister, { params: path(id) })));

  partners
    .command('history')
    .description('what happened to a connection, newest first, with the request ids that the partner has in its log')
    .argument('<id>')
    .option('--limit <number>', 'at most this many', wholeNumber, 20)
    .action(async (id: string, { limit }: { limit: number }) => {
      const page = await api.call(credentialsEndpoints.history, { params: path(id), query: { limit } });
      output.print(page.items, () => page.items.map(eventText).join('\n') || 'nothing yet');
    });
}
