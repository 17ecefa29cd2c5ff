export {
  created,
  type OcpiCreated,
  type OcpiHeaded,
  type OcpiPage,
  type OcpiText,
  ocpiPage,
  ocpiText,
  type PageFacts,
  withHeaders,
} from './answers.js';
export { type PartnerCaller, partnerCallerOf, quirksOf } from './caller.js';
export {
  type OcpiAnswerOf,
  OcpiEndpoint,
  OcpiExceptionFilter,
  OcpiInterceptor,
  OcpiRequest,
  routeOf,
} from './ocpi-endpoint.js';
export { sendError } from './reply.js';
export type { OcpiRequestOf } from './request.js';
export { UnservedOcpiController } from './unserved.js';
