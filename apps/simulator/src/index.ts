export type { BackEnd, NewCharge } from './back-end/back-end.js';
export type { ChargePoint } from './back-end/network.js';
export { BackOfficeClient, BackOfficeProblem } from './back-office/back-office-client.js';
export type { Actor, StoryEvent } from './journal.js';
export { Journal } from './journal.js';
export type { AnswerFault, BackEndFault, Misbehaviour, PtpFault, Route } from './misbehaviour/misbehaviour.js';
export { Misbehaviours } from './misbehaviour/misbehaviour.js';
export type { CommandOutcome } from './ptp/commands-sender.js';
export type { PaymentTerminalProvider } from './ptp/ptp.js';
export type { CapturedResult, TerminalCharge } from './ptp/ptp-state.js';
export type { ProtocolComplaint, ReceivedRequest } from './ptp/request-log.js';
export { Random } from './random.js';
export { sampleLocations, sampleTariffs } from './sample/sample-network.js';
export type { Simulator } from './simulator.js';
export { startSimulator } from './simulator.js';
export type { SimulatorOptions } from './simulator-options.js';
export {
  assign,
  CUSTOMER_REFERENCE,
  ensureNetwork,
  ensureRegistered,
  registerFromPlatform,
} from './story/onboarding.js';
export type { ChargeStory, PlayedCharge } from './story/play-charge.js';
export { leaveCharges, playCharge } from './story/play-charge.js';
export type { Screen, Terminal } from './terminal/terminal.js';
export type { Json, JsonObject } from './wire/json.js';
export { numberOf, objectsOf, textOf, textsOf } from './wire/json.js';
export { Refused, Unreachable } from './wire/ocpi-client.js';
export type { ReadPrice } from './wire/price.js';
export { readPrice } from './wire/price.js';
export type { OcpiVersion } from './wire/version.js';
