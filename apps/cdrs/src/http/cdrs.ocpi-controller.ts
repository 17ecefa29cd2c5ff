import { Controller } from '@nestjs/common';
import { cdrs } from '@voltap/ocpi/endpoints';
import type { Cdr } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiPage, OcpiRequest, type OcpiRequestOf, ocpiPage } from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { CdrRepository } from '../store/cdr-repository.js';

/** CDRs as Sender (requirements CDR): a partner fetches those of its own charges, the same for ever. */
@Controller()
export class CdrsOcpiController {
  constructor(private readonly cdrs: CdrRepository) {}

  @OcpiEndpoint(cdrs.sender.list)
  async list(@OcpiRequest() { caller, page, parties }: OcpiRequestOf<typeof cdrs.sender.list>): Promise<OcpiPage<Cdr>> {
    const { items, total, next } = await this.cdrs.listTexts({
      scopes: parties,
      reader: caller.partnerId,
      onlyOwn: true,
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return ocpiPage({ texts: items }, { total, next: next ?? undefined });
  }
}
