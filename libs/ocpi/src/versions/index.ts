import type { z } from 'zod';
import { OBJECTS, type ObjectName, type OcpiVersion } from '../model/index.js';
import { cdrConversion, confirmationConversion, oldPrices, sessionConversion } from './charge.js';
import {
  type Conversion,
  type ConversionPolicy,
  type Convert,
  type Converted,
  convertField,
  isFields,
  type Loss,
} from './conversion.js';
import { credentialsConversion } from './credentials.js';
import { documentedOnly } from './known-fields.js';
import { connectorConversion, evseConversion, locationConversion } from './location.js';
import { schema221Of } from './schemas-221.js';
import { tariffConversion } from './tariff.js';
import { terminalConversion } from './terminal.js';
import { tokenTypeTo221 } from './token.js';

export type { ConversionPolicy, Converted, Loss } from './conversion.js';

/** Downgrades an object after taking out what its chapter does not document. */
function delta(object: ObjectName, { upgrade, downgrade }: Conversion): [ObjectName, Conversion] {
  return [
    object,
    {
      upgrade,
      downgrade: (value, run, pointer) => downgrade(documentedOnly(value, OBJECTS[object], run), run, pointer),
    },
  ];
}

const unchanged: Convert = (value) => value;
const withToken: Conversion = {
  upgrade: unchanged,
  downgrade: (value, run, pointer) => convertField(value, 'token', tokenTypeTo221, run, pointer),
};

/** The objects that differ in 2.2.1 and travel by themselves; every other object is the same in both versions. */
const VERSION_221: ReadonlyMap<ObjectName, Conversion> = new Map([
  delta('AuthorizationInfo', withToken),
  delta('CDR', cdrConversion),
  delta('Connector', connectorConversion),
  delta('Credentials', credentialsConversion),
  delta('EVSE', evseConversion),
  delta('FinancialAdviceConfirmation', confirmationConversion),
  delta('Location', locationConversion),
  delta('ReserveNow', withToken),
  delta('Session', sessionConversion),
  delta('StartSession', withToken),
  delta('Tariff', tariffConversion),
  delta('Token', { upgrade: unchanged, downgrade: tokenTypeTo221 }),
]);

/** Names of the objects that differ on the wire of 2.2.1. */
export const OBJECTS_THAT_DIFFER_IN_221: readonly ObjectName[] = [...VERSION_221.keys()];

const NO_LOSSES: readonly Loss[] = [];

function conversionOf(
  object: ObjectName | undefined,
  version: OcpiVersion,
  policy: ConversionPolicy,
): Conversion | undefined {
  if (object === undefined) return undefined;
  if (version === '2.2.1') return VERSION_221.get(object);
  return policy.pricesOf221In230 ? oldPrices[object] : undefined;
}

function run(conversion: Conversion, direction: keyof Conversion, value: unknown, policy: ConversionPolicy): Converted {
  if (Array.isArray(value)) {
    // A list in a list is no list of objects; validation names it.
    const parts = value.map((element) =>
      isFields(element)
        ? run(conversion, direction, element, policy)
        : { value: element as unknown, losses: NO_LOSSES },
    );
    return {
      value: parts.map((part) => part.value),
      losses: parts.flatMap((part, index) =>
        part.losses.map((loss) => ({ pointer: `/${index}${loss.pointer}`, reason: loss.reason })),
      ),
    };
  }
  if (!isFields(value)) return { value, losses: NO_LOSSES };
  const losses: Loss[] = [];
  const converted = conversion[direction](
    value,
    { policy, lose: (pointer, reason) => losses.push({ pointer, reason }) },
    '',
  );
  return { value: converted, losses };
}

/**
 * From a version on the wire to canonical 2.3.0. Takes any JSON: what has a wrong shape is left for validation to name.
 * The shapes of the never-released Payments chapter of 2.2.1 are read in both versions: a confirmation with either shape
 * of price (PAY-24), a terminal with `customer reference` (E-23).
 */
export function upgrade(
  object: ObjectName | undefined,
  version: OcpiVersion,
  value: unknown,
  policy: ConversionPolicy = {},
): Converted {
  const conversion =
    object === 'FinancialAdviceConfirmation'
      ? confirmationConversion
      : object === 'Terminal'
        ? terminalConversion
        : conversionOf(object, version, policy);
  return conversion ? run(conversion, 'upgrade', value, policy) : { value, losses: NO_LOSSES };
}

/** From canonical 2.3.0 to a version on the wire; `value` is undefined when the object must not be sent at all. */
export function downgrade(
  object: ObjectName | undefined,
  version: OcpiVersion,
  value: unknown,
  policy: ConversionPolicy = {},
): Converted {
  const conversion = conversionOf(object, version, policy);
  return conversion ? run(conversion, 'downgrade', value, policy) : { value, losses: NO_LOSSES };
}

/** Whether canonical and wire form of an object are the same, so that stored text may be sent as it is. */
export function isIdentical(
  object: ObjectName | undefined,
  version: OcpiVersion,
  policy: ConversionPolicy = {},
): boolean {
  return conversionOf(object, version, policy) === undefined;
}

/** The schema of an object or enum as a version has it on the wire. */
export function schemaIn(version: OcpiVersion, schema: z.ZodType): z.ZodType {
  return version === '2.2.1' ? schema221Of(schema) : schema;
}

/** A pointer of a violation in the words of the version that the partner speaks. */
export function pointerOnTheWire(version: OcpiVersion, pointer: string): string {
  return version === '2.2.1' ? pointer.replace(/\/before_taxes$/, '/excl_vat') : pointer;
}
