import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { AcknowledgedSessions } from '../store/acknowledged-sessions.js';
import { DeliveryDecisions } from '../store/delivery-decisions.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerQueues } from '../store/partner-queues.js';
import { DeliveryQueues } from './delivery-queues.js';
import { PartnerConnections, quirksOf } from './partner-connections.js';
import { STATE_KINDS } from './state-kinds.js';

/**
 * A partner that is reached anew, or in another way, gets what it missed: what waited for it, what nobody answered, and what
 * it refused as it was then. Of each object the newest state, so never more than there are objects.
 */
@Injectable()
export class ConnectPartner {
  constructor(
    private readonly database: Database,
    private readonly partnerQueues: PartnerQueues,
    private readonly decisions: DeliveryDecisions,
    private readonly sessions: AcknowledgedSessions,
    private readonly connections: PartnerConnections,
    private readonly queues: DeliveryQueues,
    private readonly directory: PartnerDirectory,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What the directory was told of partners without their queue hearing of it, as in the middle of an upgrade. */
  async catchUp(): Promise<void> {
    for (const partnerId of await this.partnerQueues.behindDirectory()) {
      try {
        await this.database.transaction(async (transaction) => {
          const entry = await this.directory.find(partnerId, transaction);
          if (entry !== null) await this.execute(transaction, entry.partner, entry.revision);
        });
      } catch (error) {
        this.logger.warn({ error, partnerId }, 'a partner could not be connected, trying again');
      }
    }
  }

  async execute(transaction: Transaction, partner: PartnerState, revision: number): Promise<void> {
    const { partnerId } = partner;
    const connected = partner.status === 'REGISTERED' && this.connections.of(partner) !== null;
    const connection = connected ? fingerprint(partner) : null;
    const modules = partner.endpoints.filter(({ role }) => role === 'RECEIVER').map(({ identifier }) => identifier);
    const pulls = quirksOf(partner).pullOnly ? ['locations', 'tariffs'] : [];
    const pushed = modules.filter((module) => !pulls.includes(module));
    if (!(await this.partnerQueues.connect(transaction, partnerId, revision, connection, pushed))) return;
    await this.sessions.doubtAll(transaction, partnerId);
    await this.decisions.hasten(transaction, partnerId);
    await this.decisions.reopen(transaction, partnerId, { kinds: STATE_KINDS, states: ['EXHAUSTED', 'REFUSED'] });
    this.database.afterCommit(transaction, () => this.queues.resume(partnerId));
  }
}

/** All that decides where and how the partner is called. */
function fingerprint({ version, endpoints, outboundToken, profile, settings }: PartnerState): string {
  return createHash('sha256')
    .update(JSON.stringify([version, endpoints, outboundToken, profile, settings]))
    .digest('hex');
}
