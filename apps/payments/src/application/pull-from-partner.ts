import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import type { Pull, Pulled } from '@voltap/platform/pulling';
import { Projections } from '../store/projections.js';
import { TerminalRepository } from '../store/terminal-repository.js';
import { PartnerTerminals, type Window } from './partner-terminals.js';
import { ReceiveConfirmation } from './receive-confirmation.js';
import { ReceiveTerminal } from './receive-terminal.js';

export type PullSummary = Readonly<Record<'terminals' | 'confirmations' | 'invalid' | 'missing', number>>;

/** How far back a full pull looks for confirmations, once all of them came: longer than money stays reserved on a card. */
const CONFIRMATIONS_BACK_MS = 35 * 24 * 60 * 60 * 1000;

/**
 * Fetches a PTP's terminals and confirmations, so that a push that was lost is made good (PAY-40, PAY-51, OFF-03). A
 * terminal that a complete list does not name any more is flagged (PAG-18); confirmations are facts, and stay.
 */
@Injectable()
export class PullFromPartner {
  constructor(
    private readonly partnerTerminals: PartnerTerminals,
    private readonly receiveTerminal: ReceiveTerminal,
    private readonly receiveConfirmation: ReceiveConfirmation,
    private readonly terminals: TerminalRepository,
    private readonly projections: Projections,
  ) {}

  /** @throws VoltapError not_found, partner_unreachable, partner_refused; what was fetched before is kept. */
  async execute(pull: Pull): Promise<Pulled<PullSummary>> {
    const { source: partnerId, startedAt, signal } = pull;
    if ((await this.projections.partner(partnerId)) === null)
      throw new VoltapError('not_found', `There is no partner ${partnerId}.`);
    const counts = { terminals: 0, confirmations: 0, invalid: 0, missing: 0 };
    const terminals = await this.partnerTerminals.eachTerminal(
      partnerId,
      pull.window,
      signal,
      async (page, invalid) => {
        for (const terminal of page) await this.receiveTerminal.execute(partnerId, terminal, 'whole', startedAt);
        counts.terminals += page.length;
        counts.invalid += invalid;
        await pull.progress(counts);
      },
    );
    const remarks = [...terminals.remarks];
    if (pull.mode === 'full' && terminals.incomplete === null)
      counts.missing = await this.terminals.flagMissing(partnerId, startedAt);
    if (pull.mode === 'full' && terminals.incomplete !== null)
      remarks.push(`No terminal is called missing by this list: ${terminals.incomplete}.`);
    const confirmations = await this.partnerTerminals.eachConfirmation(
      partnerId,
      confirmationsOf(pull),
      signal,
      async (page, invalid) => {
        for (const confirmation of page) await this.receiveConfirmation.execute(partnerId, confirmation, 'pulled');
        counts.confirmations += page.length;
        counts.invalid += invalid;
        await pull.progress(counts);
      },
    );
    return { counts, remarks: [...remarks, ...confirmations.remarks] };
  }
}

/** All of them at first; their number grows without end, so later those of the last weeks, or what changed. */
function confirmationsOf({ mode, syncedUntil, startedAt, window }: Pull): Window | null {
  if (mode === 'changes' || syncedUntil === null) return window;
  return {
    from: new Date(Math.min(syncedUntil.getTime(), startedAt.getTime() - CONFIRMATIONS_BACK_MS)).toISOString(),
    to: startedAt.toISOString(),
  };
}
