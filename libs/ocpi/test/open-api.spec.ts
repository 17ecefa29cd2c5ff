import { describe, expect, it } from '@jest/globals';
import { servedRows } from '@voltap/ocpi/endpoints';
import { OCPI_VERSIONS } from '@voltap/ocpi/model';
import { openApiDocumentOf, openApiTextOf } from '@voltap/ocpi/server';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[];
}

describe.each(OCPI_VERSIONS)('the OpenAPI document of OCPI %s', (version) => {
  const document = openApiDocumentOf(version);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({ path, method, operation })),
  );

  it('has one operation for each endpoint that is served, by its id', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.sort()).toEqual(
      servedRows(version)
        .map(({ id }) => id)
        .sort(),
    );
    expect(
      operations.every(({ path }) => path === '/ocpi/cpo/versions' || path.startsWith(`/ocpi/cpo/${version}`)),
    ).toBe(true);
  });

  it('declares every parameter of a path, and refers to nothing that is not there', () => {
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(path.match(/\{[a-z_]+\}/g) ?? []);
    }
    const sections = document.components as unknown as Record<string, Record<string, unknown>>;
    const references = [...openApiTextOf(version).matchAll(/"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter(([, section = '', name = '']) => sections[section]?.[name] === undefined)).toEqual([]);
  });

  it('describes objects as this version has them', () => {
    const { schemas } = document.components as { schemas: Record<string, { properties: Record<string, unknown> }> };
    const price = Object.keys(schemas.Price?.properties ?? {});
    expect(price).toEqual(version === '2.2.1' ? ['excl_vat', 'incl_vat'] : ['before_taxes', 'taxes']);
    expect('parking_places' in (schemas.Location?.properties ?? {})).toBe(version === '2.3.0');
    expect('tax_included' in (schemas.Tariff?.properties ?? {})).toBe(version === '2.3.0');
    expect(schemas).not.toHaveProperty('ClientInfo');
  });
});
