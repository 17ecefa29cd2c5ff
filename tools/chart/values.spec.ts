import { describe, expect, it } from '@jest/globals';
import { documentedValues } from './values-comments.ts';
import { valuesSchema } from './values-schema.ts';

const TEXT = `# About the file.

# How many.
# @schema {"minimum": 1}
count: 3
door:
  # Where it is.
  host: ""
  # Who may come.
  # @schema {"items": {"type": "object"}}
  from:
    - podSelector: {}
# How each runs.
each:
  # For how long.
  seconds: 5
# @like each
one:
  # What it reads.
  # @settings one
  settings: {}
`;
const SETTINGS = {
  all: [{ name: 'LEVEL', description: 'How much', schema: { type: 'string' } }],
  one: [{ name: 'RATE', description: 'How often', schema: { type: 'integer' } }],
};

describe('values.yaml', () => {
  it('tells by its comments what each key is', () => {
    const told = documentedValues(TEXT).map(({ path, description }) => [path.join('.'), description]);
    expect(told).toEqual([
      ['count', 'How many.'],
      ['door', ''],
      ['door.host', 'Where it is.'],
      ['door.from', 'Who may come.'],
      ['each', 'How each runs.'],
      ['each.seconds', 'For how long.'],
      ['one', ''],
      ['one.settings', 'What it reads.'],
    ]);
  });

  it('becomes a schema that refuses other keys at every depth', () => {
    const schema = JSON.parse(valuesSchema(documentedValues(TEXT), SETTINGS));
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.count).toEqual({ description: 'How many.', type: 'integer', minimum: 1 });
    expect(schema.properties.door).toMatchObject({
      additionalProperties: false,
      properties: { host: { type: 'string' } },
    });
    expect(Object.keys(schema.properties.one.properties)).toEqual(['seconds', 'settings']);
    expect(Object.keys(schema.properties.one.properties.settings.properties)).toEqual(['LEVEL', 'RATE']);
  });

  it.each([
    ['# @shcema {}\na: 1', 'values.yaml:2: @shcema is not known'],
    ['# @schema {minimum: 1}\na: 1', 'values.yaml:2: what follows @schema is no JSON'],
    ['# Free.\na: {}', 'values.yaml: a is empty'],
  ])('is refused where a comment cannot be understood: %j', (text, reason) => {
    expect(() => valuesSchema(documentedValues(text), SETTINGS)).toThrow(reason);
  });
});
