import { type Location, tariffSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const tariffChangedSchema = z.object({
  tariff: tariffSchema,
  /** Ids of the partners that it is for; null: all that deal with its party. Missing in events of older versions. */
  audience: z.array(z.string()).nullable().optional(),
});
export type TariffChanged = z.infer<typeof tariffChangedSchema>;

/** Whom a tariff is for; null: all partners that deal with its party. */
export type TariffAudience = readonly string[] | null;

export function audienceOf({ audience = null }: TariffChanged): TariffAudience {
  return audience;
}

export function isMeantFor(audience: TariffAudience, partnerId: string): boolean {
  return audience === null || audience.includes(partnerId);
}

/** A place as somebody sees it to whom some tariffs are hidden: its connectors do not name these. */
export function withoutTariffs(location: Location, isHidden: (tariffId: string) => boolean): Location {
  if (location.evses === undefined) return location;
  return {
    ...location,
    evses: location.evses.map((evse) => ({
      ...evse,
      connectors: evse.connectors.map((connector) =>
        connector.tariff_ids === undefined
          ? connector
          : { ...connector, tariff_ids: connector.tariff_ids.filter((id) => !isHidden(id)) },
      ),
    })),
  };
}

/** A tariff is new or has other content. Revision: the tariff's; each revision is kept by the tariffs service. */
export const tariffChanged = defineEvent({
  name: 'tariff.changed',
  kind: 'state',
  producer: 'tariffs',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*tariff id',
  schema: tariffChangedSchema,
});

export const tariffDeletedSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  id: z.string(),
  deletedAt: instant,
});
export type TariffDeleted = z.infer<typeof tariffDeletedSchema>;

/** A tariff is offered no more. Shares the revision counter of `tariff.changed`. */
export const tariffDeleted = defineEvent({
  name: 'tariff.deleted',
  kind: 'state',
  producer: 'tariffs',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*tariff id',
  schema: tariffDeletedSchema,
});
