import type { CostDimension, NoteCode, PriceNote } from './priced.js';

/** Collects notes; one per code and dimension, naming the first period concerned. */
export class Notes {
  private readonly found = new Map<string, PriceNote>();

  add(code: NoteCode, periodStart?: string, dimension?: CostDimension): void {
    // Some are found in every period: those of no dimension are looked up without making a text.
    const key = dimension === undefined ? code : `${code} ${dimension}`;
    if (this.found.has(key)) return;
    this.found.set(key, { code, ...(dimension && { dimension }), ...(periodStart && { periodStart }) });
  }

  list(): PriceNote[] {
    return [...this.found.values()];
  }
}
