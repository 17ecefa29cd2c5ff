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
export { takeAnyContentType } from './any-content-type.js';
export { answerBrokenRequest } from './broken-request.js';
export { type PartnerCaller, partnerCallerOf, quirksOf } from './caller.js';
export {
  type OcpiAnswerOf,
  OcpiEndpoint,
  OcpiExceptionFilter,
  OcpiInterceptor,
  OcpiRequest,
} from './ocpi-endpoint.js';
export { type OcpiOpenApiDocument, openApiDocumentOf, openApiTextOf } from './open-api.js';
export { sendError } from './reply.js';
export type { OcpiRequestOf } from './request.js';
export { methodsAt, routeOf } from './routes.js';
export { UnservedOcpiController } from './unserved.js';
