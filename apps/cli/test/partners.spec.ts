import { describe, expect, it } from '@jest/globals';
import type { PartnerRecord } from '@voltap/contracts/back-office';
import { Command } from 'commander';
import { completions } from '../src/completion.js';
import { changedTerms, ownParty, type TermsOptions, termsOf, withTermsOptions } from '../src/partners/partner-terms.js';
import { voltap } from '../src/program.js';

function optionsOf(...words: string[]): TermsOptions {
  const command = withTermsOptions(new Command('terms')).option('--party <party>', '', ownParty).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  return command.parse(words, { from: 'user' }).opts<TermsOptions>();
}

describe('the terms of a partner on the command line', () => {
  it('are read from options that may be repeated', () => {
    const options = optionsOf(
      ...['--party', 'DE*VLT=Voltap = Berlin', '--party', 'NL*VLT=Voltap', '--profile', 'spec'],
      ...['--set', 'plainToken=true', '--set', 'vatWhenUnstated=19', '--set', 'invoiceCreator=PTP'],
      ...['--require', 'commands:sender', '--allow-host', 'ptp.example', '--ocpi', '2.2.1'],
    );
    expect(termsOf(options)).toEqual({
      profile: 'spec',
      parties: [
        { country_code: 'DE', party_id: 'VLT', name: 'Voltap = Berlin' },
        { country_code: 'NL', party_id: 'VLT', name: 'Voltap' },
      ],
      settings: { plainToken: true, vatWhenUnstated: 19, invoiceCreator: 'PTP' },
      requiredEndpoints: [{ identifier: 'commands', role: 'SENDER' }],
      allowedHosts: ['ptp.example'],
      versions: ['2.2.1'],
    });
  });

  it.each([
    ['--party', 'DE*VLT', /CC\*PID=name/],
    ['--partner-party', 'PTP', /CC\*PID/],
    ['--set', 'plainToken', /setting=value/],
    ['--require', 'commands', /module:ROLE/],
  ])('say how it is written when %s is %s', (flag, value, hint) => {
    expect(() => optionsOf(flag, value)).toThrow(hint);
  });

  it('change what is named and keep the rest', () => {
    const before = {
      name: 'Before',
      profile: 'payter',
      settings: { plainToken: true, trailingSlash: true },
      customerReferences: ['A'],
      id: 'not a term',
    } as unknown as PartnerRecord;
    const options = { ...optionsOf('--customer-reference', 'B', '--set', 'pullOnly=true'), unset: ['plainToken'] };
    expect(changedTerms(before, options)).toMatchObject({
      name: 'Before',
      profile: 'payter',
      settings: { trailingSlash: true, pullOnly: true },
      customerReferences: ['B'],
    });
    expect(changedTerms(before, options)).not.toHaveProperty('id');
    expect(changedTerms(before, { clear: ['customer-references', 'required-endpoints'] })).toMatchObject({
      customerReferences: [],
      requiredEndpoints: null,
      settings: before.settings,
    });
  });
});

describe('the completion of a shell', () => {
  const program = voltap({ print: () => undefined, tell: () => undefined, input: async () => '' });

  it('knows groups, commands and flags', () => {
    expect(completions(program, ['par'])).toEqual(['partners']);
    expect(completions(program, ['partners', 're'])).toEqual(['register', 'resume']);
    expect(completions(program, ['partners', 'register', 'some-id', '--'])).toEqual(
      expect.arrayContaining(['--versions-url', '--token-file', '--json', '--url']),
    );
    expect(completions(program, ['partners', 'register', '--tok'])).toEqual(['--token-file']);
    expect(completions(program, [''])).not.toContain('complete');
  });
});
