import { All, Controller, Req, UseFilters } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import type { FastifyRequest } from 'fastify';
import { partnerCallerOf } from './caller.js';
import { OcpiExceptionFilter } from './ocpi-endpoint.js';
import { versionOf } from './request.js';
import { methodsAt } from './routes.js';

/**
 * Answers what no endpoint of the service serves below `/ocpi/cpo`, in an envelope: 405 with `Allow` for a wrong method
 * (ENV-15), 404 for a path that does not exist.
 */
@Controller()
@UseFilters(OcpiExceptionFilter)
export class UnservedOcpiController {
  @All('ocpi/cpo/*')
  unserved(@Req() request: FastifyRequest): never {
    partnerCallerOf(request as { voltapCaller?: unknown });
    const version = (request.url.split('?')[0] ?? '').split('/')[3];
    if (version !== 'versions') versionOf(version);
    if (methodsAt(request.url).length > 0) {
      throw new VoltapError('method_not_allowed', `${request.method} is not offered here`);
    }
    throw new VoltapError('not_found', 'There is no such resource');
  }
}
