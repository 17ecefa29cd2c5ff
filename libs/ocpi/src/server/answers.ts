import { encodeCursor } from '../transport/index.js';

const KIND = Symbol('OCPI answer');

/**
 * A page of a list. Items are canonical values, or their JSON texts: where the partner speaks the canonical version the
 * page is then a concatenation and nothing is parsed.
 */
export interface OcpiPage<Item> {
  readonly [KIND]: 'page';
  readonly items: readonly Item[] | { readonly texts: readonly string[] };
  /** Objects that match the filters and that this partner may see (PAG-06). */
  readonly total: number;
  /** Where the next page begins; undefined on the last one. */
  readonly cursor: string | undefined;
}

export interface PageFacts {
  readonly total: number;
  /** Position of the keyset after this page; leave out when nothing follows (PAG-08). */
  readonly next?: Readonly<Record<string, string | number | null>> | undefined;
}

export function ocpiPage<Item>(
  items: readonly Item[] | { readonly texts: readonly string[] },
  facts: PageFacts,
): OcpiPage<Item> {
  return { [KIND]: 'page', items, total: facts.total, cursor: facts.next && encodeCursor(facts.next) };
}

/** A value that was newly made by this request: HTTP 201 (ENV-08). */
export interface OcpiCreated<Value> {
  readonly [KIND]: 'created';
  readonly value: Value | undefined;
  /** `Location` header. */
  readonly location: string | undefined;
}

export function created<Value = undefined>(value?: Value, location?: string): OcpiCreated<Value> {
  return { [KIND]: 'created', value, location };
}

/** The JSON text of a canonical value, sent without parsing where the partner speaks the canonical version. */
export interface OcpiText {
  readonly [KIND]: 'text';
  readonly text: string;
}

export function ocpiText(text: string): OcpiText {
  return { [KIND]: 'text', text };
}

/** A value with headers beside it that are for the gateway, not for the partner. */
export interface OcpiHeaded<Value> {
  readonly [KIND]: 'headed';
  readonly value: Value;
  readonly headers: Readonly<Record<string, string>>;
}

export function withHeaders<Value>(value: Value, headers: Readonly<Record<string, string>>): OcpiHeaded<Value> {
  return { [KIND]: 'headed', value, headers };
}

function kindOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && KIND in answer ? String(answer[KIND]) : undefined;
}

export function isPage(answer: unknown): answer is OcpiPage<unknown> {
  return kindOf(answer) === 'page';
}

export function isCreated(answer: unknown): answer is OcpiCreated<unknown> {
  return kindOf(answer) === 'created';
}

export function isText(answer: unknown): answer is OcpiText {
  return kindOf(answer) === 'text';
}

export function isHeaded(answer: unknown): answer is OcpiHeaded<unknown> {
  return kindOf(answer) === 'headed';
}
