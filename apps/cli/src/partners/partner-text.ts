import type { PartnerEventRecord, PartnerRecord, PartnerWithToken } from '@voltap/contracts/back-office';
import { entries } from '../terminal.js';

/** A partner for people. */
export function partnerText(partner: PartnerRecord): string {
  const { exchange, requiredEndpoints } = partner;
  const settings = Object.entries(partner.settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return entries([
    ['id', partner.id],
    ['name', partner.name],
    ['status', `${partner.status}${partner.version === null ? '' : `, OCPI ${partner.version}`}`],
    ['profile', `${partner.profile}, ${partner.environment}`],
    ['settings', settings.join(' ') || 'those of the profile'],
    ['offered', partner.versions.join(' ')],
    ['our parties', partner.parties.map((party) => `${partyText(party)} (${party.name})`).join(', ')],
    ['its parties', partner.roles.map((role) => `${partyText(role)} as ${role.role}`).join(', ') || '-'],
    ['may register as', partner.partnerParties.map(partyText).join(' ') || 'any party'],
    ['customer references', partner.customerReferences.join(' ') || 'any'],
    [
      'required',
      requiredEndpoints?.map(({ identifier, role }) => `${identifier} ${role}`).join(', ') ?? 'as the profile says',
    ],
    ['allowed hosts', partner.allowedHosts.join(' ') || 'any public one'],
    ['it begins at', partner.versionsUrl],
    ['we begin at', partner.partnerVersionsUrl ?? '-'],
    [
      'endpoints',
      partner.endpoints.map(({ identifier, role, url }) => `${identifier} ${role} ${url}`).join('\n') || '-',
    ],
    ['tokens', partner.tokens.map(tokenText).join('\n') || 'none'],
    ...(exchange === null
      ? []
      : [['exchange', `${exchange.action}, under way until ${exchange.until} at most`] as const]),
  ]);
}

/** What goes to the partner, and is not shown again. */
export function handOverText({ versionsUrl, tokenA }: PartnerWithToken): string {
  return `Hand these to the partner over a secure channel; the token is not shown again:\n${entries([
    ['versions URL', versionsUrl],
    ['Token A', tokenA],
  ])}`;
}

export function partyText({ country_code, party_id }: { country_code: string; party_id: string }): string {
  return `${country_code}*${party_id}`;
}

/** A line of the history, and one for each request to the partner. */
export function eventText(event: PartnerEventRecord): string {
  const by = event.by === 'operator' ? `key ${event.keyId}` : `the partner, request ${event.requestId}`;
  const code = event.code === null ? '' : ` ${event.code}`;
  const calls = event.calls.map((call) => {
    const answer = call.error ?? [`HTTP ${call.httpStatus}`, call.statusCode ?? ''].join(' ').trim();
    return `    ${call.what} ${call.url}: ${answer}${call.requestId === null ? '' : `, request ${call.requestId}`}`;
  });
  return [`${event.at}  ${event.action} ${event.outcome}${code}  by ${by}`, `    ${event.message}`, ...calls].join(
    '\n',
  );
}

function tokenText({ use, issuedAt, expiresAt }: PartnerRecord['tokens'][number]): string {
  return `${use}, since ${issuedAt}${expiresAt === null ? '' : `, until ${expiresAt}`}`;
}
