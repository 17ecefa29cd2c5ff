import { z } from 'zod';
import { type BackOfficeEndpoint, EVERY_SERVICE } from './endpoint.js';
import { backOfficeEndpoints } from './rows.js';

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: true; readonly content: Record<string, { readonly schema: JsonSchema }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { readonly schema: JsonSchema }> }
  >;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
  readonly components: Record<string, unknown>;
}

const PROBLEM: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'errors'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened and the way out' },
    instance: { type: 'string' },
    code: { type: 'string', description: 'See docs/errors.md' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: { pointer: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI document of the back-office API, made from its rows. */
export function openApiDocument(): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const row of backOfficeEndpoints) {
    const path = row.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationOf(row) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Voltap back-office API',
      version: 'v1',
      description:
        'For the operator and its charging back-end. Every request carries `Authorization: Bearer <API key>`.',
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operationOf(row: BackOfficeEndpoint): OpenApiOperation {
  const problem = { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
  return {
    operationId: row.id,
    tags: [row.service === EVERY_SERVICE ? 'every service' : row.service],
    summary: row.summary,
    ...(row.description === undefined ? {} : { description: row.description }),
    security: [{ apiKey: [row.scope] }],
    parameters: [...pathParameters(row), ...queryParameters(row)],
    ...(row.body === undefined && row.streamed === undefined
      ? {}
      : { requestBody: { required: true, content: bodyOf(row) } }),
    responses: {
      [row.status]: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(row.response, 'output') } },
      },
      default: { description: 'Refused; nothing was changed', ...problem },
    },
  };
}

function bodyOf(row: BackOfficeEndpoint): Record<string, { schema: JsonSchema }> {
  if (row.streamed !== undefined) {
    return Object.fromEntries(row.streamed.map((type) => [type, { schema: { description: 'Streamed' } }]));
  }
  return { 'application/json': { schema: row.body === undefined ? {} : schemaOf(row.body, 'input') } };
}

function pathParameters(row: BackOfficeEndpoint): OpenApiParameter[] {
  return [...row.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(row: BackOfficeEndpoint): OpenApiParameter[] {
  if (row.query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(row.query, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return json;
}
