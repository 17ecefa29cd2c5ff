import { v5, v7 } from 'uuid';

type Id<Kind extends string> = string & { readonly __id: Kind };

export type PartnerId = Id<'partner'>;
export type CommandId = Id<'command'>;
export type CorrelationId = Id<'correlation'>;
export type DeliveryId = Id<'delivery'>;
export type EventId = Id<'event'>;

/** Makes ids. A port, so that tests can count. Ids are UUIDv7: 36 characters, ascending by creation. */
export abstract class Ids {
  abstract next<T extends string = string>(): T;
}

export class UuidIds extends Ids {
  override next<T extends string = string>(): T {
    return v7() as T;
  }
}

/** Ours; never to be changed, since ids that are out in the world follow from it. */
const DERIVED = 'c5a1f0de-7d1c-4f0e-9a52-3b8f4d0c6e21';

/**
 * The id of what there is once of something else, a UUIDv5: the same each time, also when it is made again after it was lost.
 * @param kind what it is, e.g. `cdr`
 * @param key of what it is made from, see `objectKey`
 */
export function derivedId(kind: string, key: string): string {
  return v5(`${kind} ${key}`, DERIVED);
}
