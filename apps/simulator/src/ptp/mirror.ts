import type { Journal } from '../journal.js';
import { type JsonObject, textOf } from '../wire/json.js';
import type { Partner } from './partner.js';
import { ownedKey, type PtpStore } from './ptp-store.js';

/** What a crawl brought, for those who count. */
export interface CrawlReport {
  readonly received: number;
  /** Ids that came more than once; an honest list has none. */
  readonly repeated: readonly string[];
}

/** The PTP's copy of the platform's tariffs and locations, made by polling (payter.md F22) and kept by pushes. */
export class Mirror {
  private readonly lastPoll = new Map<'locations' | 'tariffs', string>();

  constructor(
    private readonly store: PtpStore,
    private readonly partner: Partner,
    private readonly journal: Journal,
  ) {}

  /** Reads everything anew, each object once, by Link. What is no longer listed is forgotten (PAG-18). */
  async crawl(module: 'locations' | 'tariffs'): Promise<CrawlReport> {
    const fresh = new Map<string, JsonObject>();
    const repeated: string[] = [];
    let received = 0;
    for await (const object of this.partner.list(module)) {
      const key = keyOf(object);
      received += 1;
      if (fresh.has(key)) repeated.push(key);
      fresh.set(key, object);
    }
    const kept = this.store[module];
    for (const key of [...kept.keys()]) if (!fresh.has(key)) kept.delete(key);
    for (const [key, object] of fresh) this.keepNewest(kept, key, object);
    this.remember(module);
    this.journal.tell({ from: 'Payter', to: 'Voltap', message: `GET ${module}`, detail: `${received}, by Link` });
    this.store.changed.notify();
    return { received, repeated };
  }

  /** Reads what changed since the newest `last_updated` that we have; everything when we have nothing. */
  async poll(module: 'locations' | 'tariffs'): Promise<CrawlReport> {
    const since = this.lastPoll.get(module);
    if (since === undefined) return this.crawl(module);
    let received = 0;
    for await (const object of this.partner.list(module, { date_from: since })) {
      received += 1;
      this.keepNewest(this.store[module], keyOf(object), object);
    }
    this.remember(module);
    if (received > 0) this.store.changed.notify();
    return { received, repeated: [] };
  }

  /** A push that overtook the crawl is newer than what the page held. */
  private keepNewest(kept: Map<string, JsonObject>, key: string, object: JsonObject): void {
    const before = kept.get(key);
    if (before && lastUpdated(before) > lastUpdated(object)) return;
    kept.set(key, object);
  }

  private remember(module: 'locations' | 'tariffs'): void {
    const newest = [...this.store[module].values()].reduce((latest, object) => {
      const changed = textOf(object, 'last_updated') ?? '';
      return Date.parse(changed) > Date.parse(latest || '1970-01-01T00:00:00Z') ? changed : latest;
    }, '');
    if (newest !== '') this.lastPoll.set(module, newest);
  }
}

function lastUpdated(object: JsonObject): number {
  return Date.parse(textOf(object, 'last_updated') ?? '1970-01-01T00:00:00Z');
}

function keyOf(object: JsonObject): string {
  return ownedKey(textOf(object, 'country_code') ?? '', textOf(object, 'party_id') ?? '', textOf(object, 'id') ?? '');
}
