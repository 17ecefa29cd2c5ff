import { VoltapError } from '@voltap/kernel';
import type { EgressResult } from './egress-request.js';

export type EgressFailure = Exclude<EgressResult, { outcome: 'success' }>;

/** What a call that failed means for whoever waits for it: partner_unreachable, partner_refused. */
export function failureOf(result: EgressFailure): VoltapError {
  const code = result.outcome === 'unreachable' ? 'partner_unreachable' : 'partner_refused';
  return new VoltapError(code, `The partner could not be asked: ${reasonOf(result)}`);
}

/** Why a call failed, in words for the operator. */
export function reasonOf(result: EgressFailure): string {
  switch (result.outcome) {
    case 'unreachable':
      return result.message;
    case 'refused':
      return `the partner answered ${result.httpStatus}${result.statusCode === undefined ? '' : `, ${result.statusCode}`}: ${result.statusMessage ?? 'no reason given'}`;
    default:
      return `not expressible in the partner's version: ${result.losses.map(({ reason }) => reason).join('; ')}`;
  }
}
