import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, FixedClock } from '@voltap/kernel';
import { type EndpointRow, servedRows } from '@voltap/ocpi/endpoints';
import type { OcpiVersion } from '@voltap/ocpi/model';
import {
  OcpiEndpoint,
  OcpiRequest,
  ocpiPage,
  type PartnerCaller,
  routeOf,
  takeAnyContentType,
  UnservedOcpiController,
} from '@voltap/ocpi/server';
import { aPartnerCaller } from '@voltap/ocpi/testkit';
import fc from 'fast-check';
import { z } from 'zod';
import { arbitraryOf } from './arbitrary.js';

/** One valid value of a schema, the same in each run. */
export function sampleOf(schema: z.ZodType): unknown {
  const wanted = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  return fc.sample(arbitraryOf(wanted), { numRuns: 1, seed: 5 })[0];
}

/** A path of a row, with ids that agree with any body: bodies without these fields, or made by `bodyOf`. */
export function pathOf(row: EndpointRow, version: OcpiVersion): string {
  return `/${routeOf(row)}`
    .replace(':version', version)
    .replace(/:country_code/g, 'NL')
    .replace(/:party_id/g, 'PTP')
    .replace(/:[a-z_]+/g, 'X1');
}

/** A canonical body of a row that agrees with its path; undefined where the row takes none. */
export function bodyOf(row: EndpointRow): Record<string, unknown> | undefined {
  if (row.request === undefined) return undefined;
  const body = sampleOf(row.request) as Record<string, unknown>;
  const inUrl = { country_code: 'NL', party_id: 'PTP', uid: 'X1', terminal_id: 'X1', id: 'X1' };
  const agreed = Object.entries(inUrl).filter(([name]) => name in body);
  return { ...body, ...Object.fromEntries(agreed) };
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly payload?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: nobody that is known. */
  readonly caller?: Partial<PartnerCaller> | null;
}

/** Every row that a CPO serves, answered with valid samples, by the machinery that services use. */
export async function startWholeCpo() {
  const seen: { readonly row: string; readonly body: unknown; readonly parties: readonly string[] }[] = [];
  class Everything {}
  for (const row of servedRows('2.3.0')) {
    const sample = row.response === 'none' ? undefined : sampleOf(row.response);
    const name = row.id;
    Object.defineProperty(Everything.prototype, name, {
      configurable: true,
      writable: true,
      value: ({ body, parties }: { readonly body: unknown; readonly parties: readonly string[] }) => {
        seen.push({ row: row.id, body, parties });
        return row.paginated ? ocpiPage([sample], { total: 1 }) : sample;
      },
    });
    OcpiRequest()(Everything.prototype, name, 0);
    const descriptor = Object.getOwnPropertyDescriptor(Everything.prototype, name) as PropertyDescriptor;
    OcpiEndpoint(row)(Everything.prototype, name, descriptor);
  }
  Controller()(Everything);
  class WholeCpo {}
  Module({
    controllers: [Everything, UnservedOcpiController],
    providers: [{ provide: Clock, useValue: new FixedClock(new Date('2026-03-02T10:00:00Z')) }],
  })(WholeCpo);
  let caller: PartnerCaller | undefined;
  const app = await NestFactory.create<NestFastifyApplication>(
    WholeCpo,
    new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 } }),
    { logger: false, bodyParser: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, _reply, done) => {
    takeAnyContentType(request.headers);
    Object.assign(request, { voltapCaller: caller });
    done();
  });
  await app.init();
  await fastify.ready();
  return {
    seen,
    async call({ method, url, payload, headers, caller: as = {} }: WireRequest): Promise<WireAnswer> {
      caller = as === null ? undefined : aPartnerCaller(as);
      const answer = await app.inject({
        method,
        url,
        headers: { ...headers },
        ...(payload === undefined ? {} : { payload }),
      });
      return { status: answer.statusCode, headers: answer.headers, text: answer.body };
    },
    close: () => app.close(),
  };
}

export type WholeCpo = Awaited<ReturnType<typeof startWholeCpo>>;
