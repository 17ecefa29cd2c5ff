import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ObjectName } from '@voltap/ocpi/model';
import * as model from '@voltap/ocpi/model';
import { parseEnvelope, violationsOf } from '@voltap/ocpi/transport';
import { downgrade, upgrade } from '@voltap/ocpi/versions';
import { z } from 'zod';
import { EXPECTATIONS, type Expectation } from './example-expectations.js';
import { expectReturn } from './losses.js';

/**
 * Every example of the specification: read as we read a partner, validated, converted between the versions, and emitted
 * again. What is expected of each stands in `example-expectations.ts`.
 */
const EXAMPLES = resolve(import.meta.dirname, '../../../../shared/ocpi/examples');

interface Example {
  readonly file: string;
  readonly object: string;
  readonly version: string;
  readonly shape: string;
}

const { examples } = JSON.parse(readFileSync(`${EXAMPLES}/index.json`, 'utf8')) as { examples: Example[] };

const OBJECTS: Readonly<Record<string, z.ZodType>> = {
  CDR: model.cdrSchema,
  ClientInfo: model.clientInfoSchema,
  Credentials: model.credentialsSchema,
  DisplayText: model.displayTextSchema,
  EVSE: model.evseSchema,
  EnergyMix: model.energyMixSchema,
  FinancialAdviceConfirmation: model.financialAdviceConfirmationSchema,
  Hours: model.hoursSchema,
  Location: model.locationSchema,
  Session: model.sessionSchema,
  Tariff: model.tariffSchema,
  Terminal: model.terminalAnnouncementSchema,
  Token: model.tokenSchema,
  Version: model.versionSchema,
  VersionDetails: model.versionDetailsSchema,
};

const PARTIAL: Readonly<Record<string, z.ZodType>> = {
  Connector: model.connectorPatchSchema,
  EVSE: model.evsePatchSchema,
  Location: model.locationPatchSchema,
  Session: model.sessionPatchSchema,
  Terminal: model.terminalPatchSchema,
  Token: model.tokenPatchSchema,
};

function schemaOf({ object, shape }: Example): z.ZodType {
  const schema =
    shape === 'partial' ? PARTIAL[object] : shape === 'activation' ? model.terminalActivationSchema : OBJECTS[object];
  if (!schema) throw new Error(`no schema for ${object} as ${shape}`);
  return shape === 'list' ? z.array(schema) : schema;
}

function pointersOf(example: Example, content: unknown): readonly string[] {
  const version = example.version.startsWith('2.2.1') ? '2.2.1' : '2.3.0';
  const [kind, name = ''] = example.shape.split(':');
  if (kind === 'envelope' || kind === 'envelope-error') {
    const envelope = parseEnvelope(JSON.stringify(content));
    if (!envelope) return ['(no envelope)'];
    if (kind === 'envelope-error') return envelope.statusCode === 2001 ? [] : ['/status_code'];
    const shape = name.endsWith('*') ? 'list' : 'object';
    return pointersOf({ ...example, object: name.replace('*', ''), shape }, envelope.data);
  }
  if (kind === 'wrapped')
    return pointersOf({ ...example, shape: 'object' }, (content as Record<string, unknown>)[name]);
  const { value } = upgrade(example.object as ObjectName, version, content);
  const result = schemaOf(example).safeParse(value);
  return result.success
    ? []
    : violationsOf(result.error)
        .map(({ pointer }) => pointer)
        .sort();
}

const expectationOf = (file: string): Expectation => EXPECTATIONS[file] ?? 'ok';
const textOf = (file: string): string => readFileSync(`${EXAMPLES}/${file}`, 'utf8');
const contentOf = (file: string): unknown => JSON.parse(textOf(file));

const unreadable = examples.filter(({ file }) => {
  const expected = expectationOf(file);
  return typeof expected === 'object' && 'named' in expected && expected.named === 'no JSON';
});
const readable = examples.filter((example) => !unreadable.includes(example));
/** Complete objects that are read. */
const whole = readable.filter(
  ({ file, shape, object }) =>
    shape === 'object' && object in OBJECTS && JSON.stringify(expectationOf(file)).includes('erratum') === false,
);
const ofVersion221 = ({ version }: Example): boolean => version.startsWith('2.2.1');

describe('the examples of the specification', () => {
  it('are all there, each with what is expected of it', () => {
    expect(examples).toHaveLength(146);
    expect(Object.keys(EXPECTATIONS).sort()).toEqual(examples.map(({ file }) => file).sort());
  });

  it('are explained in docs/errata.md where they deviate', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../../docs/errata.md'), 'utf8');
    const named = Object.values(EXPECTATIONS).flatMap((expected) => JSON.stringify(expected).match(/E-\d\d/g) ?? []);
    expect(new Set(named).size).toBeGreaterThan(10);
    expect(named.filter((erratum) => !page.includes(`| ${erratum} |`))).toEqual([]);
  });

  it.each(readable)('$file is read as expected', (example) => {
    const expected = expectationOf(example.file);
    const named = typeof expected === 'object' && 'named' in expected ? expected.named : [];
    expect(pointersOf(example, contentOf(example.file))).toEqual(named);
  });

  it.each(unreadable)('$file is no JSON', ({ file }) => {
    expect(() => contentOf(file)).toThrow(SyntaxError);
  });

  it.each(whole.filter(ofVersion221))('$file comes back unchanged from 2.3.0 (PAY-67)', (example) => {
    const content = contentOf(example.file);
    const { value } = upgrade(example.object as ObjectName, '2.2.1', content);
    const canonical = OBJECTS[example.object]?.parse(value);
    expect(downgrade(example.object as ObjectName, '2.2.1', canonical).value).toEqual(content);
  });

  const ownShape = ({ file, object }: Example): boolean =>
    !(object === 'FinancialAdviceConfirmation' && expectationOf(file) !== 'ok');
  it.each(whole.filter((example) => !ofVersion221(example) && ownShape(example)))(
    '$file is emitted as it was read',
    (example) => {
      const content = contentOf(example.file);
      expect(JSON.parse(JSON.stringify(OBJECTS[example.object]?.parse(content)))).toEqual(content);
    },
  );

  it.each(whole.filter((example) => !ofVersion221(example)))(
    '$file goes to 2.2.1 and back but for the losses listed',
    (example) => {
      const object = example.object as ObjectName;
      const canonical = OBJECTS[object]?.parse(upgrade(object, '2.3.0', contentOf(example.file)).value);
      if (object in model.OBJECTS) expectReturn(object, OBJECTS[object] ?? z.never(), canonical);
    },
  );
});
