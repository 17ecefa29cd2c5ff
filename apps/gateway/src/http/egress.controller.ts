import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  type AddressReport,
  addressCheckSchema,
  type EgressRequest,
  type EgressResult,
  egressRequestSchema,
} from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import { problemOf, validate } from '@voltap/platform/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallPartner } from '../application/call-partner.js';
import { whenGone } from './forward.js';

interface ServiceCaller {
  readonly kind: 'service';
  readonly service: string;
}

/** Private: calls on a partner whose answer a service needs at once. Only services may, by their signed header. */
@Controller()
export class EgressController {
  constructor(private readonly callPartner: CallPartner) {}

  @Post('egress')
  @HttpCode(200)
  async call(@Req() request: FastifyRequest, @Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, async () => {
      const egress: EgressRequest = validate(egressRequestSchema, parseJson(body), '/');
      return this.callPartner.execute(egress, whenGone(reply));
    });
  }

  @Post('egress/addresses')
  @HttpCode(200)
  async check(@Req() request: FastifyRequest, @Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, async () => {
      const { urls } = validate(addressCheckSchema, parseJson(body), '/');
      return this.callPartner.refusedAddresses(urls);
    });
  }

  private async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<EgressResult | AddressReport>,
  ): Promise<void> {
    try {
      const caller = request.voltapCaller as ServiceCaller | undefined;
      if (caller?.kind !== 'service') throw new VoltapError('unauthorized', 'Only services may use the egress.');
      reply.type('application/json').send(JSON.stringify(await work()));
    } catch (error) {
      if (!(error instanceof VoltapError)) throw error;
      const problem = problemOf(error, request.url);
      reply.status(problem.status).type('application/problem+json').send(problem);
    }
  }
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body)) as unknown;
  } catch (cause) {
    throw new VoltapError('invalid_json', 'The body is not JSON.', { cause });
  }
}
