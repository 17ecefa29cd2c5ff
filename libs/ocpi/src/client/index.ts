export { BlockedAddressError, type ConnectionRules, checkUrl, isPublicAddress } from './address-guard.js';
export { baseUrlOf, offers, type PartnerConnection } from './connection.js';
export type { HttpSenderOptions } from './http-sender.js';
export { type AnswerOf, OcpiClient, type RawRequest } from './ocpi-client.js';
export { type CallInput, type CallOptions, type PreparedCall, prepareCall } from './prepare.js';
export { redactedUrl, withoutSecrets } from './redaction.js';
export type { CallResult, Exchange, Refused, Success, Unreachable, Withheld } from './result.js';
