/** What was read of a platform and of its partner when nothing moved any more. Keys compare without case. */
export interface Evidence {
  readonly partner: PartnerEvidence;
  readonly commands: readonly CommandRow[];
  readonly sessions: readonly SessionRow[];
  readonly cdrs: readonly CdrRow[];
  readonly confirmations: readonly ConfirmationRow[];
  readonly reconciliations: readonly { readonly reference: string; readonly state: string }[];
  readonly projections: readonly ProjectionEvidence[];
  /** What each service still has to do, by its name. */
  readonly services: readonly ServiceEvidence[];
  /** Deliveries to partners that are neither delivered nor given up. */
  readonly openDeliveries: number;
}

export interface PartnerEvidence {
  /** Every command that it sent and got promised; `results` are the distinct bodies that came. */
  readonly commands: readonly {
    readonly callbackId: string;
    readonly command: string;
    readonly reference: string;
    readonly results: readonly string[];
  }[];
  readonly charges: readonly { readonly reference: string; readonly phase: string }[];
  readonly sessions: readonly { readonly id: string; readonly reference: string; readonly status: string }[];
  /** `sent`: the distinct bodies in which the CDR came. */
  readonly cdrs: readonly {
    readonly id: string;
    readonly sessionId: string;
    readonly reference: string;
    readonly sent: readonly string[];
  }[];
  readonly confirmations: readonly {
    readonly id: string;
    readonly reference: string;
    readonly accepted: boolean;
  }[];
  /** Breaches of the protocol that it noticed. */
  readonly complaints: readonly string[];
}

export interface CommandRow {
  readonly id: string;
  readonly kind: string;
  readonly reference: string | null;
  readonly result: string | null;
}

export interface SessionRow {
  readonly id: string;
  readonly reference: string | null;
  readonly status: string;
}

export interface CdrRow {
  readonly id: string;
  readonly sessionId: string;
  readonly reference: string | null;
  readonly accepted: boolean;
}

export interface ConfirmationRow {
  readonly id: string;
  readonly reference: string | null;
}

export interface Revision {
  readonly key: string;
  readonly revision: number;
}

/** A projection beside the table of the service that owns what it shows; neither with what was removed. */
export interface ProjectionEvidence {
  /** `commands.tariff_projection` */
  readonly name: string;
  readonly source: readonly Revision[];
  readonly rows: readonly Revision[];
  /** Whether only the first state of each object is shown, as of commands that were accepted. */
  readonly firstStateOnly: boolean;
}

export interface ServiceEvidence {
  readonly name: string;
  readonly outbox: number;
  /** Records that it has not consumed yet. */
  readonly lag: number;
  /** Set aside and waiting for somebody, as `topic key: error`. */
  readonly setAside: readonly string[];
}

/** What does not move any more: only then can be said what is lost. @returns what moves, a line each */
export function unrest({ services, openDeliveries }: Pick<Evidence, 'services' | 'openDeliveries'>): string[] {
  const moving = services.flatMap(({ name, outbox, lag }) => [
    ...(outbox > 0 ? [`the outbox of ${name} holds ${outbox} events`] : []),
    ...(lag > 0 ? [`${name} is ${lag} records behind`] : []),
  ]);
  return openDeliveries > 0 ? [...moving, `${openDeliveries} deliveries are open`] : moving;
}

/** What was lost or doubled, a line each; empty when every account agrees. */
export function violations(evidence: Evidence): string[] {
  return [
    ...unrest(evidence),
    ...evidence.services.flatMap(({ name, setAside }) => setAside.map((event) => `${name} set aside ${event}`)),
    ...commandViolations(evidence),
    ...sessionViolations(evidence),
    ...cdrViolations(evidence),
    ...confirmationViolations(evidence),
    ...evidence.projections.flatMap(projectionViolations),
    ...evidence.partner.complaints.map((complaint) => `the partner complains: ${complaint}`),
  ];
}

function commandViolations({ partner, commands }: Evidence): string[] {
  const startsOf = byKey(
    commands.filter(({ kind }) => kind === 'START_SESSION'),
    ({ reference }) => reference,
  );
  return [
    ...commands.filter(({ result }) => result === null).map(({ id, kind }) => `${kind} ${id} has no outcome`),
    ...partner.commands
      .filter(({ results }) => results.length !== 1)
      .map(({ command, callbackId, results }) => `${command} ${callbackId} was told ${results.length} outcomes`),
    ...partner.commands
      .filter(({ command, reference }) => command === 'START_SESSION' && !startsOf.has(keyOf(reference)))
      .map(({ reference }) => `START_SESSION of ${reference} was promised and is not known`),
    ...[...startsOf]
      .filter(([, rows]) => rows.filter(({ result }) => result === 'ACCEPTED').length > 1)
      .map(([reference]) => `${reference} was started twice`),
  ];
}

function sessionViolations({ partner, sessions, cdrs }: Evidence): string[] {
  const cdrsOf = byKey(cdrs, ({ sessionId }) => sessionId);
  const shown = byKey(partner.sessions, ({ id }) => id);
  const paid = sessions.filter(({ reference }) => reference !== null);
  return [
    ...[...byKey(paid, ({ reference }) => reference)]
      .filter(([, rows]) => rows.length > 1)
      .map(([reference, rows]) => `${reference} has ${rows.length} sessions`),
    ...sessions.flatMap(({ id, status }) => {
      const count = cdrsOf.get(keyOf(id))?.length ?? 0;
      const wanted = status === 'COMPLETED' ? 1 : 0;
      return count === wanted ? [] : [`session ${id} (${status}) has ${count} CDRs`];
    }),
    ...paid.flatMap(({ id, status }) => {
      const seen = shown.get(keyOf(id)) ?? [];
      if (seen.length !== 1) return [`the partner has session ${id} ${seen.length} times`];
      return seen[0]?.status === status ? [] : [`the partner sees session ${id} ${seen[0]?.status}, it is ${status}`];
    }),
    ...without<{ id: string }>(partner.sessions, paid, ({ id }) => id).map(
      (id) => `the partner has session ${id}, which we have not`,
    ),
  ];
}

function cdrViolations({ partner, cdrs }: Evidence): string[] {
  const received = byKey(partner.cdrs, ({ id }) => id);
  const paid = cdrs.filter(({ reference }) => reference !== null);
  return [
    ...[...byKey(partner.cdrs, ({ sessionId }) => sessionId)]
      .filter(([, rows]) => rows.length > 1)
      .map(([session, rows]) => `the partner has ${rows.length} CDRs for session ${session}`),
    ...paid.flatMap(({ id, accepted }) => {
      const lost = received.has(keyOf(id)) ? [] : [`the partner lacks CDR ${id}`];
      return accepted ? lost : [...lost, `CDR ${id} is not known to be accepted`];
    }),
    ...without<{ id: string }>(partner.cdrs, paid, ({ id }) => id).map(
      (id) => `the partner has CDR ${id}, which we have not`,
    ),
    ...partner.cdrs
      .filter(({ sent }) => sent.length > 1)
      .map(({ id, sent }) => `CDR ${id} was sent with ${sent.length} contents`),
  ];
}

function confirmationViolations({ partner, confirmations, reconciliations, cdrs }: Evidence): string[] {
  const kept = byKey(confirmations, ({ reference }) => reference);
  const matches = byKey(reconciliations, ({ reference }) => reference);
  const accepted = partner.confirmations.filter((confirmation) => confirmation.accepted);
  return [
    ...partner.confirmations
      .filter((confirmation) => !confirmation.accepted)
      .map(({ id }) => `confirmation ${id} was never accepted`),
    ...accepted.flatMap(({ id, reference }) => {
      const count = kept.get(keyOf(reference))?.length ?? 0;
      return count === 1 ? [] : [`confirmation ${id} of ${reference} is kept ${count} times`];
    }),
    ...without<{ id: string }>(confirmations, partner.confirmations, ({ id }) => id).map(
      (id) => `confirmation ${id} was kept and never sent`,
    ),
    ...confirmations.flatMap(({ id, reference }) => {
      const found = matches.get(keyOf(reference)) ?? [];
      if (found.length !== 1) return [`confirmation ${id} has ${found.length} matches`];
      return found[0]?.state === 'MATCHED' ? [] : [`confirmation ${id} is ${found[0]?.state}`];
    }),
    ...without<{ reference: string | null }>(
      cdrs.filter(({ reference }) => reference !== null),
      confirmations,
      ({ reference }) => reference,
    ).map((reference) => `${reference} has a CDR and no confirmation`),
  ];
}

function projectionViolations({ name, source, rows, firstStateOnly }: ProjectionEvidence): string[] {
  const owned = byKey(source, ({ key }) => key);
  const shown = byKey(rows, ({ key }) => key);
  return [
    ...[...owned].flatMap(([key, [object]]) => {
      const [row] = shown.get(key) ?? [];
      if (row === undefined) return [`${name} lacks ${key}`];
      const wanted = firstStateOnly ? 1 : object?.revision;
      return row.revision === wanted ? [] : [`${name} shows ${key} in revision ${row.revision}, it is in ${wanted}`];
    }),
    ...[...shown.keys()].filter((key) => !owned.has(key)).map((key) => `${name} shows ${key}, which is not there`),
  ];
}

function keyOf(text: string | null): string {
  return (text ?? '').toUpperCase();
}

function byKey<Row>(rows: readonly Row[], key: (row: Row) => string | null): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => keyOf(key(row)));
}

/** Keys of the first that the second lacks. */
function without<Row>(rows: readonly Row[], others: readonly Row[], key: (row: Row) => string | null): string[] {
  const known = new Set(others.map((row) => keyOf(key(row))));
  return [...new Set(rows.map((row) => keyOf(key(row))))].filter((each) => !known.has(each));
}
