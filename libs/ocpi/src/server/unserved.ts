import { All, Controller, Req, UseFilters } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import type { FastifyRequest } from 'fastify';
import { servedRows } from '../endpoints/index.js';
import { OCPI_VERSIONS } from '../model/index.js';
import { partnerCallerOf } from './caller.js';
import { OcpiExceptionFilter, routeOf } from './ocpi-endpoint.js';
import { versionOf } from './request.js';

/** Patterns of all served paths, to tell a wrong method (405, ENV-15) from a path that does not exist (404). */
const SERVED_PATHS = OCPI_VERSIONS.flatMap((version) => servedRows(version)).map(
  (row) => new RegExp(`^/${routeOf(row).replace(/:[a-z_]+/g, '[^/]+')}/?$`),
);

/** Answers what no endpoint of the service serves below `/ocpi/cpo`, in an envelope. */
@Controller()
@UseFilters(OcpiExceptionFilter)
export class UnservedOcpiController {
  @All('ocpi/cpo/*')
  unserved(@Req() request: FastifyRequest): never {
    partnerCallerOf(request as { voltapCaller?: unknown });
    const path = request.url.split('?')[0] ?? '';
    const version = path.split('/')[3];
    if (version !== 'versions') versionOf(version);
    if (SERVED_PATHS.some((pattern) => pattern.test(path))) {
      throw new VoltapError('method_not_allowed', `${request.method} is not offered here`);
    }
    throw new VoltapError('not_found', 'There is no such resource');
  }
}
