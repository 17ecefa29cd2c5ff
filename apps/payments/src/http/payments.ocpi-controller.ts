import { Controller } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { payments } from '@voltap/ocpi/endpoints';
import type { FinancialAdviceConfirmation, Terminal } from '@voltap/ocpi/model';
import {
  created,
  type OcpiCreated,
  OcpiEndpoint,
  type OcpiPage,
  OcpiRequest,
  type OcpiRequestOf,
  ocpiPage,
} from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { ReceiveConfirmation } from '../application/receive-confirmation.js';
import { ReceiveTerminal, type Telling } from '../application/receive-terminal.js';
import { ConfirmationRepository } from '../store/confirmation-repository.js';
import { TerminalRepository } from '../store/terminal-repository.js';

const receiver = payments.receiver;

/** Payments as Receiver (requirements PAY): the terminals and confirmations of the calling partner. */
@Controller()
export class PaymentsOcpiController {
  constructor(
    private readonly receiveTerminal: ReceiveTerminal,
    private readonly receiveConfirmation: ReceiveConfirmation,
    private readonly terminals: TerminalRepository,
    private readonly confirmations: ConfirmationRepository,
  ) {}

  @OcpiEndpoint(receiver.postTerminal)
  postTerminal(
    @OcpiRequest() { caller, body }: OcpiRequestOf<typeof receiver.postTerminal>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return this.receive(caller.partnerId, body, 'whole');
  }

  @OcpiEndpoint(receiver.postTerminalAtItsUrl)
  postTerminalAtItsUrl(
    @OcpiRequest() { caller, params, body }: OcpiRequestOf<typeof receiver.postTerminalAtItsUrl>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return this.receive(caller.partnerId, { ...body, terminal_id: params.terminal_id }, 'whole');
  }

  @OcpiEndpoint(receiver.putTerminal)
  putTerminal(
    @OcpiRequest() { caller, params, body }: OcpiRequestOf<typeof receiver.putTerminal>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return this.receive(caller.partnerId, { ...body, terminal_id: params.terminal_id }, 'whole');
  }

  @OcpiEndpoint(receiver.patchTerminal)
  patchTerminal(
    @OcpiRequest() { caller, params, body }: OcpiRequestOf<typeof receiver.patchTerminal>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    const told = Object.fromEntries(Object.entries(body).map(([field, value]) => [field, value ?? undefined]));
    return this.receive(caller.partnerId, { ...told, terminal_id: params.terminal_id }, 'patch');
  }

  @OcpiEndpoint(receiver.getTerminal)
  async getTerminal(@OcpiRequest() { caller, params }: OcpiRequestOf<typeof receiver.getTerminal>): Promise<Terminal> {
    const stored = await this.terminals.find(caller.partnerId, params.terminal_id);
    if (stored === null) throw new VoltapError('not_found', `There is no terminal ${params.terminal_id}.`);
    return stored.content.terminal;
  }

  @OcpiEndpoint(receiver.listTerminals)
  async listTerminals(
    @OcpiRequest() { caller, page }: OcpiRequestOf<typeof receiver.listTerminals>,
  ): Promise<OcpiPage<Terminal>> {
    const { items, total, next } = await this.terminals.list({
      scopes: [caller.partnerId],
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return ocpiPage(
      items.map(({ content }) => content.terminal),
      { total, next: next ?? undefined },
    );
  }

  @OcpiEndpoint(receiver.postConfirmation)
  postConfirmation(
    @OcpiRequest() { caller, body }: OcpiRequestOf<typeof receiver.postConfirmation>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return this.confirm(caller.partnerId, body);
  }

  @OcpiEndpoint(receiver.putConfirmation)
  putConfirmation(
    @OcpiRequest() { caller, body }: OcpiRequestOf<typeof receiver.putConfirmation>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return this.confirm(caller.partnerId, body);
  }

  @OcpiEndpoint(receiver.getConfirmation)
  async getConfirmation(
    @OcpiRequest() { caller, params }: OcpiRequestOf<typeof receiver.getConfirmation>,
  ): Promise<FinancialAdviceConfirmation> {
    const stored = await this.confirmations.find(caller.partnerId, params.confirmation_id);
    if (stored === null) throw new VoltapError('not_found', `There is no confirmation ${params.confirmation_id}.`);
    return stored.content;
  }

  private async receive(
    partnerId: string,
    told: Partial<Terminal> & Pick<Terminal, 'terminal_id'>,
    telling: Telling,
  ): Promise<OcpiCreated<undefined> | undefined> {
    const outcome = await this.receiveTerminal.execute(partnerId, told, telling);
    return outcome.created ? created() : undefined;
  }

  private async confirm(
    partnerId: string,
    confirmation: FinancialAdviceConfirmation,
  ): Promise<OcpiCreated<undefined> | undefined> {
    return (await this.receiveConfirmation.execute(partnerId, confirmation)) ? created() : undefined;
  }
}
