import { z } from 'zod';
import { type EndpointRow, servedRows } from '../endpoints/index.js';
import {
  OBJECTS,
  type OcpiVersion,
  PATCHES,
  terminalActivationSchema,
  terminalAnnouncementSchema,
  terminalAtItsUrlSchema,
} from '../model/index.js';
import { schemaIn } from '../versions/index.js';
import { routeOf } from './routes.js';

type Json = Readonly<Record<string, unknown>>;

/** What a CPO serves in one version, as OpenAPI 3.1; made from the endpoint rows and the model. */
export interface OcpiOpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> } & Json;
}

/** Schemas with a name of their own in the document. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  ...OBJECTS,
  ...Object.fromEntries(Object.entries<z.ZodType>(PATCHES).map(([name, schema]) => [`${name}Patch`, schema])),
  TerminalAnnouncement: terminalAnnouncementSchema,
  TerminalActivation: terminalActivationSchema,
  TerminalAtItsUrl: terminalAtItsUrlSchema,
};

const reference = (section: string, name: string): Json => ({ $ref: `#/components/${section}/${name}` });

const PARAMETERS: Readonly<Record<string, Json>> = {
  RequestId: header('X-Request-ID', 'Of this request alone; echoed'),
  CorrelationId: header('X-Correlation-ID', 'Of the whole flow; echoed'),
  FromCountry: header('OCPI-from-country-code', 'Country of the party that asks'),
  FromParty: header('OCPI-from-party-id', 'Party that asks'),
  ToCountry: header('OCPI-to-country-code', 'Country of the party that is asked'),
  ToParty: header('OCPI-to-party-id', 'Party that is asked'),
  DateFrom: page('date_from', { type: 'string', format: 'date-time' }, 'last_updated at or after this'),
  DateTo: page('date_to', { type: 'string', format: 'date-time' }, 'last_updated before this'),
  Offset: page('offset', { type: 'integer', minimum: 0, default: 0 }, 'Objects to leave out; better: follow Link'),
  Limit: page('limit', { type: 'integer', minimum: 1 }, 'Most objects of one page; lowered to X-Limit'),
};
const IDS = ['RequestId', 'CorrelationId'];
const ROUTING = ['FromCountry', 'FromParty', 'ToCountry', 'ToParty'];
const PAGING = ['DateFrom', 'DateTo', 'Offset', 'Limit'];

function header(name: string, description: string): Json {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

function page(name: string, schema: Json, description: string): Json {
  return { name, in: 'query', description, schema };
}

/** The document of a version; paths are relative to the public URL of the platform. */
export function openApiDocumentOf(version: OcpiVersion): OcpiOpenApiDocument {
  const registry = z.registry<{ id: string }>();
  const names = new Map<z.ZodType, string>();
  for (const [name, schema] of Object.entries(NAMED)) {
    const inVersion = schemaIn(version, schema);
    // Where 2.2.1 has one shape for two names, the first name stands for both.
    if (names.has(inVersion)) continue;
    names.set(inVersion, name);
    registry.add(inVersion, { id: name });
  }
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    unrepresentable: 'any',
    uri: (id) => `#/components/schemas/${id}`,
  });
  const schemaOf = (schema: z.ZodType): Json => {
    const inVersion = schemaIn(version, schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema);
    if (inVersion instanceof z.ZodArray) return { type: 'array', items: schemaOf(inVersion.element as z.ZodType) };
    const name = names.get(inVersion);
    return name ? reference('schemas', name) : plain(z.toJSONSchema(inVersion, { io: 'input' }));
  };
  const paths: Record<string, Json> = {};
  for (const row of servedRows(version)) {
    const path = `/${routeOf(row)
      .replace(':version', version)
      .replaceAll(/:([a-z_]+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationOf(row, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `OCPI ${version} as a CPO with payment terminals serves it`,
      version,
      description:
        'Unknown fields are taken everywhere, and null in an optional field means that it is absent. Valid JSON from a known ' +
        'partner to an existing resource is answered with HTTP 200 or 201 whatever `status_code` says. Both spellings of a ' +
        'path, with and without a slash at its end, are the same.',
    },
    servers: [{ url: '/' }],
    security: [{ credentialsToken: [] }],
    paths,
    components: {
      securitySchemes: {
        credentialsToken: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`Token` and, after one space, the Base64 of the credentials token',
        },
      },
      parameters: PARAMETERS,
      responses: {
        Refused: {
          description: 'What went wrong, in an envelope without data',
          content: { 'application/json': { schema: reference('schemas', 'ResponseEnvelope') } },
        },
      },
      schemas: reachable(paths, plain(schemas) as Record<string, unknown>),
    },
  };
}

function operationOf(row: EndpointRow, schemaOf: (schema: z.ZodType) => Json): Json {
  const routed = row.module !== 'versions' && row.module !== 'credentials';
  const shared = [...IDS, ...(routed ? ROUTING : []), ...(row.paginated ? PAGING : [])];
  return {
    operationId: row.id,
    tags: [row.module],
    summary: summaryOf(row),
    ...(row.quirk ? { description: 'In no chapter; offered to partners whose profile says so, others get 405.' } : {}),
    parameters: [
      ...[...row.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...row.query.map(({ name, required, description }) => ({
        name,
        in: 'query',
        required,
        description,
        schema: { type: 'string' },
      })),
      ...shared.map((name) => reference('parameters', name)),
    ],
    ...(row.request
      ? {
          requestBody: {
            required: !(row.request instanceof z.ZodOptional),
            content: { 'application/json': { schema: schemaOf(row.request) } },
          },
        }
      : {}),
    responses: { 200: answerOf(row, schemaOf), default: reference('responses', 'Refused') },
  };
}

function answerOf(row: EndpointRow, schemaOf: (schema: z.ZodType) => Json): Json {
  const envelope = reference('schemas', 'ResponseEnvelope');
  const object = row.response === 'none' ? undefined : schemaOf(row.response);
  const data = row.paginated ? { type: 'array', items: object } : object;
  const schema = data ? { allOf: [envelope, { type: 'object', properties: { data } }] } : envelope;
  const ofList = (description: string, type: string): Json => ({ description, schema: { type } });
  return {
    description: row.method === 'POST' || row.method === 'PUT' ? 'Done; 201 where something was created' : 'Done',
    ...(row.paginated
      ? {
          headers: {
            'X-Total-Count': ofList('Objects that match and that the partner may see', 'integer'),
            'X-Limit': ofList('Most objects that one page ever holds', 'integer'),
            Link: ofList('`<url>; rel="next"` while more objects follow; to be followed unchanged', 'string'),
          },
        }
      : {}),
    content: { 'application/json': { schema } },
  };
}

const VERBS = { GET: 'Read', POST: 'Send', PUT: 'Put', PATCH: 'Change', DELETE: 'Delete' } as const;

function summaryOf(row: EndpointRow): string {
  const object = row.objects.request ?? row.objects.response ?? row.id.split('.').at(-1) ?? row.module;
  return row.paginated ? `List of ${object}` : `${VERBS[row.method]} ${object}`;
}

/** JSON schema without what says nothing here: null beside optional fields, ids, and that more fields may come. */
function plain(value: unknown): Json {
  return simplified(value) as Json;
}

function simplified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplified);
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _, $id: __, additionalProperties, ...rest } = value as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(rest).map(([name, held]) => [name, simplified(held)]));
  const open = typeof additionalProperties === 'object' || additionalProperties === undefined;
  const { anyOf, type } = kept;
  if (Array.isArray(type)) kept.type = type.find((each) => each !== 'null');
  if (Array.isArray(anyOf)) {
    const given = anyOf.filter((each) => (each as { type?: unknown }).type !== 'null');
    const { anyOf: ___, ...others } = kept;
    if (given.length === 1) return { ...others, ...(given[0] as object) };
    kept.anyOf = given;
  }
  return open ? kept : { ...kept, additionalProperties };
}

/** The schemas that the paths refer to, and those that these refer to. */
function reachable(paths: unknown, schemas: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const wanted = new Set<string>(['ResponseEnvelope']);
  const collect = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)) {
      if (wanted.has(name)) continue;
      wanted.add(name);
      collect(schemas[name]);
    }
  };
  collect(paths);
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => wanted.has(name))
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

const texts = new Map<OcpiVersion, string>();

/** The bytes of the document as they are committed and served; made once. */
export function openApiTextOf(version: OcpiVersion): string {
  const made = texts.get(version) ?? `${JSON.stringify(openApiDocumentOf(version), null, 1)}\n`;
  texts.set(version, made);
  return made;
}
