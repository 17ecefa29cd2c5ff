import type { PartnerRecord, PartnerTermsInput } from '@voltap/contracts/back-office';
import { type Command, InvalidArgumentError } from 'commander';

/** What the options of `create` and `change` say of a partner; undefined: not named. */
export interface TermsOptions {
  readonly name?: string;
  readonly profile?: string;
  readonly environment?: string;
  readonly party?: PartnerRecord['parties'];
  readonly partnerParty?: PartnerRecord['partnerParties'];
  readonly customerReference?: string[];
  readonly ocpi?: string[];
  readonly set?: Record<string, unknown>;
  readonly unset?: string[];
  readonly clear?: Clearable[];
  readonly require?: { identifier: string; role: string }[];
  readonly allowHost?: string[];
}

/** Lists that can be emptied, and what then stands in their place. */
const CLEARED = {
  'partner-parties': { partnerParties: [] },
  'customer-references': { customerReferences: [] },
  'required-endpoints': { requiredEndpoints: null },
  'allowed-hosts': { allowedHosts: [] },
} as const;
type Clearable = keyof typeof CLEARED;

/** The options that `create` and `change` have in common. */
export function withTermsOptions(command: Command): Command {
  return command
    .option('--profile <profile>', 'what kind of partner it is: payter, spec, emsp-adhoc')
    .option('--environment <environment>', 'live or test')
    .option('--partner-party <CC*PID>', 'party with which it may register; any, when none is named', many(partyIn))
    .option('--customer-reference <reference>', 'customer_reference that its terminals may carry', many(asItIs))
    .option('--ocpi <version>', 'OCPI version that it is offered; all, when none is named', many(asItIs))
    .option('--set <setting=value>', 'setting that differs from the profile', settings)
    .option(
      '--require <module:ROLE>',
      'endpoint without which nothing is agreed, in place of those of the profile',
      many(endpointIn),
    )
    .option('--allow-host <host>', 'host to which its addresses may lead; any, when none is named', many(asItIs));
}

/** `DE*VLT=Voltap Charging`, as often as there are parties. */
export const ownParty = many((text) => {
  const [party = '', ...name] = text.split('=');
  if (name.length === 0) throw new InvalidArgumentError('It is written CC*PID=name, such as DE*VLT=Voltap.');
  return { ...partyIn(party), name: name.join('=') };
});

/** What the options name, as the body of a new partner has it. */
export function termsOf(options: TermsOptions): Partial<PartnerTermsInput> {
  const named = {
    name: options.name,
    profile: options.profile,
    environment: options.environment,
    parties: options.party,
    partnerParties: options.partnerParty,
    customerReferences: options.customerReference,
    versions: options.ocpi,
    settings: options.set,
    requiredEndpoints: options.require,
    allowedHosts: options.allowHost,
  };
  // The API says what is wrong with a value, better than a second list of what is right could.
  return Object.fromEntries(
    Object.entries(named).filter(([, value]) => value !== undefined),
  ) as Partial<PartnerTermsInput>;
}

/** All terms as they shall be: what no option names stays. */
export function changedTerms(before: PartnerRecord, options: TermsOptions): object {
  const { name, profile, environment, parties, partnerParties, customerReferences, versions } = before;
  const { requiredEndpoints, allowedHosts, settings } = before;
  const kept = Object.entries(settings).filter(([setting]) => !options.unset?.includes(setting));
  return {
    name,
    profile,
    environment,
    parties,
    partnerParties,
    customerReferences,
    versions,
    requiredEndpoints,
    allowedHosts,
    ...Object.assign({}, ...(options.clear ?? []).map((list) => CLEARED[list])),
    ...termsOf(options),
    settings: { ...Object.fromEntries(kept), ...options.set },
  };
}

/** The lists that `change` empties. */
export const clearable = many((text) => {
  if (!Object.hasOwn(CLEARED, text)) throw new InvalidArgumentError(`There is ${Object.keys(CLEARED).join(', ')}.`);
  return text as Clearable;
});

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a whole number above 0.');
  return Number(text);
}

function many<Value>(read: (text: string) => Value): (text: string, before: Value[] | undefined) => Value[] {
  return (text, before = []) => [...before, read(text)];
}

const asItIs = (text: string): string => text;

function partyIn(text: string): { country_code: string; party_id: string } {
  const [country_code = '', party_id = '', ...more] = text.split('*');
  if (country_code === '' || party_id === '' || more.length > 0)
    throw new InvalidArgumentError('A party is written CC*PID, such as DE*VLT.');
  return { country_code, party_id };
}

function endpointIn(text: string): { identifier: string; role: string } {
  const [identifier = '', role = '', ...more] = text.split(':');
  if (identifier === '' || role === '' || more.length > 0)
    throw new InvalidArgumentError('An endpoint is written module:ROLE, such as commands:SENDER.');
  return { identifier, role: role.toUpperCase() };
}

/** Values are JSON where they can be read so, else texts: `plainToken=true`, `invoiceCreator=PTP`. */
function settings(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [name = '', ...value] = text.split('=');
  if (name === '' || value.length === 0)
    throw new InvalidArgumentError('It is written setting=value, such as plainToken=true.');
  return { ...before, [name]: jsonOrText(value.join('=')) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
