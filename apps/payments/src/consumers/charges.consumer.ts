import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type CdrAccepted,
  type CdrCreated,
  type CommandAccepted,
  type CommandCompleted,
  cdrAccepted,
  cdrCreated,
  commandAccepted,
  commandCompleted,
  type SessionChanged,
  sessionChanged,
} from '@voltap/contracts/events';
import { decimal, type EventMessage, minorUnits, currency as parseCurrency, partyKey } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { IssueReceipt } from '../application/issue-receipt.js';
import { RecordFact } from '../application/record-fact.js';
import { withCdr, withCdrAccepted, withCredit, withSession, withStart, withStartResult } from '../domain/facts.js';
import { totalWithTaxes } from '../domain/reconciliation.js';

/** Follows every charge of a partner by its authorization reference, from the promise to the accepted CDR. */
@Controller()
export class ChargesConsumer {
  constructor(
    private readonly recordFact: RecordFact,
    private readonly issueReceipt: IssueReceipt,
  ) {}

  @Handles(commandAccepted)
  async commandAccepted(
    @Payload() { payload }: EventMessage<CommandAccepted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { partnerId, authorization_reference, type, commandId, acceptedAt } = payload;
    if (type !== 'START_SESSION' || authorization_reference === null) return;
    await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
      withStart(facts, { commandId, acceptedAt, party: partyKey(payload) }),
    );
  }

  @Handles(commandCompleted)
  async commandCompleted(
    @Payload() { payload }: EventMessage<CommandCompleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { partnerId, authorization_reference, type, commandId, completedAt, result } = payload;
    if (type !== 'START_SESSION' || authorization_reference === null) return;
    await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
      withStartResult(facts, { commandId, completedAt, result: result.result }),
    );
  }

  @Handles(sessionChanged)
  async sessionChanged(
    @Payload() { payload, revision }: EventMessage<SessionChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { partnerId, session } = payload;
    const { authorization_reference } = session;
    if (partnerId === null || authorization_reference === undefined) return;
    await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) => {
      const { id, status, kwh, start_date_time: startedAt, end_date_time: endedAt = null } = session;
      const { location_id, evse_uid, total_cost } = session;
      const shown = total_cost === undefined ? null : totalWithTaxes(total_cost).toString();
      const place = { party: partyKey(session), location_id, evse_uid };
      return withSession(facts, { id, status, revision, startedAt, endedAt, kwh, shown, ...place });
    });
  }

  @Handles(cdrCreated)
  async cdrCreated(
    @Payload() { payload, occurredAt }: EventMessage<CdrCreated>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { partnerId, cdr } = payload;
    const { authorization_reference } = cdr;
    if (partnerId === null || authorization_reference === undefined) return;
    await this.issueReceipt.execute(transaction, { ...payload, partnerId, authorization_reference });
    if (cdr.credit === true) {
      const credit = { id: cdr.id, of: cdr.credit_reference_id ?? '', total: payload.totalWithTaxes };
      await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
        withCredit(facts, credit),
      );
      return;
    }
    await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
      withCdr(facts, {
        id: cdr.id,
        country_code: cdr.country_code,
        party_id: cdr.party_id,
        total: payload.totalWithTaxes,
        beforeTaxes: decimal(cdr.total_cost.before_taxes).toString(),
        roundedByLine: roundedByLine(payload),
        limit: limitOf(payload),
        currency: cdr.currency,
        createdAt: occurredAt,
      }),
    );
  }

  @Handles(cdrAccepted)
  async cdrAccepted(
    @Payload() { payload }: EventMessage<CdrAccepted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { partnerId, authorization_reference, cdrId, acceptedAt } = payload;
    if (authorization_reference === null) return;
    await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
      withCdrAccepted(facts, { cdrId, acceptedAt }),
    );
  }
}

/** The bill as a system comes to it that rounds each of its lines. */
function roundedByLine({ cdr, lines }: CdrCreated): string {
  const places = minorUnits(parseCurrency(cdr.currency));
  return lines
    .reduce((sum, { afterTaxes }) => sum.plus(decimal(afterTaxes).toDecimalPlaces(places)), decimal(0))
    .toString();
}

/** Terminals reserve what the tariff says, where it says something. */
function limitOf({ cdr }: CdrCreated): string | null {
  const amount = cdr.tariffs?.[0]?.preauthorize_amount;
  return amount === undefined ? null : decimal(amount).toString();
}
