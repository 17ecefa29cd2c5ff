import { v7 } from 'uuid';

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
