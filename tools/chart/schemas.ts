/** JSON Schemas of Kubernetes objects that refuse what they do not know: typing errors pass Helm and many API servers. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

type Schema = Record<string, unknown>;

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const NOT_CHECKED = ['default', 'description', 'nullable', 'example', 'externalDocs'];

/** From `api/openapi-spec/v3` of the Kubernetes module: a file for each kind, `kind[-group]-version.json`. */
export async function writeCoreSchemas(openApiFolder: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const file of readdirSync(openApiFolder).filter((name) => name.endsWith('_openapi.json'))) {
    const { components } = JSON.parse(readFileSync(join(openApiFolder, file), 'utf8')) as {
      components?: { schemas?: Record<string, Schema> };
    };
    const schemas = components?.schemas ?? {};
    for (const schema of Object.values(schemas)) {
      const kinds = (schema['x-kubernetes-group-version-kind'] ?? []) as GroupVersionKind[];
      if (kinds.length !== 1 || kinds[0] === undefined) continue;
      const definitions: Record<string, unknown> = {};
      const strict = strictSchema(schema) as Schema;
      collectDefinitions(strict, schemas, definitions);
      const text = JSON.stringify({ ...strict, definitions });
      await writeFile(join(target, schemaFile(kinds[0])), text);
    }
  }
}

/** From custom resource definitions: those of the files of `folder` whose kind is wanted. */
export async function writeCustomSchemas(folder: string, kinds: readonly string[], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const found = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
      const definition = document.toJS() as CustomResourceDefinition | null;
      if (definition?.kind !== 'CustomResourceDefinition' || !kinds.includes(definition.spec.names.kind)) continue;
      found.add(definition.spec.names.kind);
      for (const { name: version, schema } of definition.spec.versions) {
        const { group, names } = definition.spec;
        const strict = strictSchema({ ...schema.openAPIV3Schema, required: ['spec'] }, true) as Schema;
        strict.properties = { ...(strict.properties as Schema), metadata: { type: 'object' } };
        await writeFile(join(target, schemaFile({ group, version, kind: names.kind })), JSON.stringify(strict));
      }
    }
  }
  const missing = kinds.filter((kind) => !found.has(kind));
  if (missing.length > 0) throw new Error(`${folder} does not define ${missing.join(', ')}`);
}

interface CustomResourceDefinition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** As kubeconform asks for it: `deployment-apps-v1.json`, `httproute-gateway-v1.json`, `service-v1.json`. */
function schemaFile({ group, version, kind }: GroupVersionKind): string {
  return `${[kind, group.split('.')[0], version].filter((part) => part !== '').join('-')}.json`.toLowerCase();
}

/** The same schema, where properties are known refusing others. */
function strictSchema(value: unknown, custom = false): unknown {
  if (Array.isArray(value)) return value.map((one) => strictSchema(one, custom));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Schema;
  const result: Schema = {};
  for (const [key, inner] of Object.entries(schema)) {
    if (NOT_CHECKED.includes(key) || key.startsWith('x-kubernetes-')) continue;
    if (key === 'type' && (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string'))
      continue;
    if (key === 'properties') {
      // Names, not schemas: one may be called `description`, and one of the definitions has a property `$ref`.
      result.properties = Object.fromEntries(
        Object.entries(inner as Schema).map(([name, property]) => [name, strictSchema(property, custom)]),
      );
    } else if (key === '$ref' && typeof inner === 'string') {
      result.$ref = inner.replace('#/components/schemas/', '#/definitions/');
    } else result[key] = strictSchema(inner, custom);
  }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  if ('properties' in result && !open) result.additionalProperties = false;
  const [only, ...others] = Array.isArray(result.allOf) ? (result.allOf as Schema[]) : [];
  if (!custom && only !== undefined && others.length === 0 && Object.keys(result).length === 1) return only;
  return result;
}

/** Those that a schema names, and those that these name. */
function collectDefinitions(schema: unknown, schemas: Record<string, Schema>, found: Record<string, unknown>): void {
  if (Array.isArray(schema)) {
    for (const one of schema) collectDefinitions(one, schemas, found);
    return;
  }
  if (typeof schema !== 'object' || schema === null) return;
  const { $ref: reference } = schema as Schema;
  if (typeof reference === 'string') {
    const name = reference.slice('#/definitions/'.length);
    const named = schemas[name];
    if (named !== undefined && !Object.hasOwn(found, name)) {
      found[name] = strictSchema(named);
      collectDefinitions(found[name], schemas, found);
    }
  }
  for (const inner of Object.values(schema)) collectDefinitions(inner, schemas, found);
}
