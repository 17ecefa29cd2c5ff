export { OPERATION_HEADER, STATUS_CODE_HEADER, type TracedDoor, tellOperation, traceRequests } from './http-spans.js';
export type { Keeping } from './kept-spans.js';
export * from './logger.js';
export * from './metric-catalogue.js';
export * from './metrics.js';
export { currentTraceparent, outsideOfSteps, traceHeaders } from './trace-context.js';
export {
  childSpan,
  endedSpan,
  keepStep,
  NO_TRACING,
  noteCharge,
  notePartner,
  type OpenSpan,
  type TraceSettings,
  Tracing,
} from './tracing.js';
