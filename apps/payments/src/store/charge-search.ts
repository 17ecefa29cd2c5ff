/** What the support desk knows of a charge. Everything given must hold. */
export interface ChargeSearch {
  readonly state?: string;
  readonly cause?: string;
  readonly reference?: string;
  readonly cardLastFour?: string;
  readonly party?: string;
  readonly location_id?: string;
  readonly evse_uid?: string;
  readonly from?: string;
  readonly to?: string;
  /** The charges that ought to have gone on before this instant. */
  readonly dueBefore?: Date;
  /** The places that a terminal serves. */
  readonly served?: { readonly location_ids: readonly string[]; readonly evse_uids: readonly string[] };
}

/** Conditions on `reconciliation`; their values are appended to `parameters`. */
export function conditionsOf(search: ChargeSearch, parameters: unknown[]): string[] {
  const place = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['true'];
  const add = <Value>(value: Value | undefined, condition: (placeholder: string) => string, as?: unknown) => {
    if (value !== undefined) conditions.push(condition(place(as ?? value)));
  };
  add(search.state, (at) => `state = ${at}`);
  add(search.cause, (at) => `cause = ${at}`);
  add(search.reference, (at) => `starts_with(authorization_reference, upper(${at}))`);
  add(search.cardLastFour, (at) => `card_last_four @> array[${at}]::text[]`);
  add(search.party, (at) => `party = ${at}`);
  add(search.location_id, (at) => `location_id = ${at}`);
  add(search.evse_uid, (at) => `evse_uid = ${at}`);
  add(search.from, (at) => `started_at >= ${at}::timestamptz`);
  add(search.to, (at) => `started_at < ${at}::timestamptz`);
  add(search.dueBefore, (at) => `due_at < ${at}`);
  if (search.served !== undefined) {
    const [locations, evses] = [place(search.served.location_ids), place(search.served.evse_uids)];
    conditions.push(`(location_id = any(${locations}::text[]) or evse_uid = any(${evses}::text[]))`);
  }
  return conditions;
}
