import type { z } from 'zod';
import {
  cdrSchema,
  connectorSchema,
  credentialsSchema,
  evseSchema,
  financialAdviceConfirmationSchema,
  locationSchema,
  type ObjectName,
  type OcpiVersion,
  sessionSchema,
  tariffSchema,
  tokenSchema,
} from '../model/index.js';
import { cdrConversion, confirmationConversion, oldPrices, sessionConversion } from './charge.js';
import { type Conversion, type ConversionPolicy, type Converted, isFields, type Loss } from './conversion.js';
import { credentialsConversion } from './credentials.js';
import { documentedOnly } from './known-fields.js';
import { connectorConversion, evseConversion, locationConversion } from './location.js';
import { tariffConversion } from './tariff.js';
import { tokenTypeTo221 } from './token.js';

export type { ConversionPolicy, Converted, Loss } from './conversion.js';

/** Downgrades an object after taking out what its chapter does not document. */
function delta(schema: z.ZodType, { upgrade, downgrade }: Conversion): Conversion {
  return {
    upgrade,
    downgrade: (value, run, pointer) => downgrade(documentedOnly(value, schema, run), run, pointer),
  };
}

/** The objects that differ in 2.2.1; every other object is the same in both versions. */
const VERSION_221: Readonly<Partial<Record<ObjectName, Conversion>>> = {
  CDR: delta(cdrSchema, cdrConversion),
  Connector: delta(connectorSchema, connectorConversion),
  Credentials: delta(credentialsSchema, credentialsConversion),
  EVSE: delta(evseSchema, evseConversion),
  FinancialAdviceConfirmation: delta(financialAdviceConfirmationSchema, confirmationConversion),
  Location: delta(locationSchema, locationConversion),
  Session: delta(sessionSchema, sessionConversion),
  Tariff: delta(tariffSchema, tariffConversion),
  Token: delta(tokenSchema, { upgrade: (token) => token, downgrade: tokenTypeTo221 }),
};

const NO_LOSSES: readonly Loss[] = [];

function conversionOf(
  object: ObjectName | undefined,
  version: OcpiVersion,
  policy: ConversionPolicy,
): Conversion | undefined {
  if (object === undefined) return undefined;
  if (version === '2.2.1') return VERSION_221[object];
  return policy.pricesOf221In230 ? oldPrices[object] : undefined;
}

function run(conversion: Conversion, direction: keyof Conversion, value: unknown, policy: ConversionPolicy): Converted {
  if (Array.isArray(value)) {
    const parts = value.map((element) => run(conversion, direction, element, policy));
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
 * A confirmation is accepted with either shape of price in both versions (PAY-24).
 */
export function upgrade(
  object: ObjectName | undefined,
  version: OcpiVersion,
  value: unknown,
  policy: ConversionPolicy = {},
): Converted {
  const conversion =
    object === 'FinancialAdviceConfirmation' ? confirmationConversion : conversionOf(object, version, policy);
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

/** A pointer of a violation in the words of the version that the partner speaks. */
export function pointerOnTheWire(version: OcpiVersion, pointer: string): string {
  return version === '2.2.1' ? pointer.replace(/\/before_taxes$/, '/excl_vat') : pointer;
}
