import { Controller } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { sessions } from '@voltap/ocpi/endpoints';
import type { Session } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiPage, OcpiRequest, type OcpiRequestOf, ocpiPage } from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { SessionRepository } from '../store/session-repository.js';

/** Sessions as Sender (requirements SES): a partner sees those that it started, and no others. */
@Controller()
export class SessionsOcpiController {
  constructor(private readonly sessions: SessionRepository) {}

  @OcpiEndpoint(sessions.sender.list)
  async list(
    @OcpiRequest() { caller, page, parties }: OcpiRequestOf<typeof sessions.sender.list>,
  ): Promise<OcpiPage<Session>> {
    const { items, total, next } = await this.sessions.listTexts({
      scopes: parties,
      reader: caller.partnerId,
      onlyOwn: true,
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return ocpiPage({ texts: items }, { total, next: next ?? undefined });
  }

  /** No EVSE of ours takes charging preferences (SES-23). */
  @OcpiEndpoint(sessions.sender.chargingPreferences)
  chargingPreferences(): never {
    throw new VoltapError('not_capable', 'The EVSE takes no charging preferences');
  }
}
