import { Controller } from '@nestjs/common';
import { partyOf, VoltapError } from '@voltap/kernel';
import { tariffs } from '@voltap/ocpi/endpoints';
import type { Tariff } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiPage, OcpiRequest, type OcpiRequestOf, ocpiPage } from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { TariffRepository } from '../store/tariff-repository.js';

/** Tariffs as Sender (requirements TAR): what the partner's parties offer, as far as it is for this partner and did not end. */
@Controller()
export class TariffsOcpiController {
  constructor(private readonly tariffs: TariffRepository) {}

  @OcpiEndpoint(tariffs.sender.list)
  async list(
    @OcpiRequest() { caller, page, parties }: OcpiRequestOf<typeof tariffs.sender.list>,
  ): Promise<OcpiPage<Tariff>> {
    const { items, total, next } = await this.tariffs.list({
      scopes: parties,
      reader: caller.partnerId,
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return ocpiPage(
      items.map(({ content }) => content),
      { total, next: next ?? undefined },
    );
  }

  /** Not in the chapter, but the payments flow pulls the tariff by its id (TAR-23). */
  @OcpiEndpoint(tariffs.sender.object)
  async object(
    @OcpiRequest() { caller, params, parties }: OcpiRequestOf<typeof tariffs.sender.object>,
  ): Promise<Tariff> {
    for (const party of parties) {
      const stored = await this.tariffs.findFor(caller.partnerId, partyOf(party), params.tariff_id);
      if (stored !== null) return stored.content;
    }
    throw new VoltapError('not_found', `There is no tariff ${params.tariff_id}.`);
  }
}
