import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ObjectName } from '@voltap/ocpi/model';
import * as model from '@voltap/ocpi/model';
import { parseEnvelope, violationsOf } from '@voltap/ocpi/transport';
import { downgrade, upgrade } from '@voltap/ocpi/versions';
import { z } from 'zod';

/**
 * Every example of the specification, read as we read a partner. What deviates from its own tables has a recorded
 * expectation here: the violations that we name, or the tolerance by which it passes.
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

const BROKEN_EVSE = [
  '/connectors/0/last_updated',
  '/connectors/0/max_amperage',
  '/connectors/0/max_voltage',
  '/connectors/0/power_type',
  '/physical_reference',
];

/** Pointers we name for examples that break the rules of their own version (errata E-09, E-10, E-42, E-43, E-44). */
const ERRATA: Readonly<Record<string, readonly string[]>> = {
  'cdrs_cdr_full.json': ['/tariffs/0/tax_included'],
  'locations_evse_put_add.json': BROKEN_EVSE,
  '2.2.1/locations_evse_put_add.json': BROKEN_EVSE,
  'tariffs_tariff_put_2_euro_per_hour.json': ['/last_updated'],
  '2.2.1/tariffs_tariff_put_2_euro_per_hour.json': ['/last_updated'],
  'payments_terminal_patch_location_assignment.json': ['/last_updated'],
  '2.2.1-payments/payments_terminal_patch_location_assignment.json': ['/last_updated'],
  'payments_terminal_put_update.json': ['/terminal_id'],
  '2.2.1-payments/payments_terminal_put_update.json': ['/terminal_id'],
};

/** Files that are no JSON: a trailing comma (E-40). */
const UNREADABLE = ['hubclientinfo_client_info_put_new.json', '2.2.1/hubclientinfo_client_info_put_new.json'];

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

describe('the examples of the specification', () => {
  it('are all there', () => {
    expect(examples).toHaveLength(146);
  });

  it.each(examples.filter(({ file }) => !UNREADABLE.includes(file)))('$file is read as expected', (example) => {
    const content: unknown = JSON.parse(readFileSync(`${EXAMPLES}/${example.file}`, 'utf8'));
    expect(pointersOf(example, content)).toEqual(ERRATA[example.file] ?? []);
  });

  it.each(UNREADABLE)('%s is no JSON', (file) => {
    expect(() => JSON.parse(readFileSync(`${EXAMPLES}/${file}`, 'utf8'))).toThrow(SyntaxError);
  });

  const whole = examples.filter(
    ({ file, shape, object }) =>
      shape === 'object' && object in OBJECTS && !(file in ERRATA) && !UNREADABLE.includes(file),
  );

  it.each(whole.filter(({ version }) => version === '2.2.1'))('$file comes back unchanged from 2.3.0', (example) => {
    const content: unknown = JSON.parse(readFileSync(`${EXAMPLES}/${example.file}`, 'utf8'));
    const { value } = upgrade(example.object as ObjectName, '2.2.1', content);
    const canonical = OBJECTS[example.object]?.parse(value);
    expect(downgrade(example.object as ObjectName, '2.2.1', canonical).value).toEqual(content);
  });
});
