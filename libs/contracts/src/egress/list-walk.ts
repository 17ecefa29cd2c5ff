import type { EgressResult } from './egress-request.js';
import { failureOf } from './failure.js';

/** Remarks on single elements, of each list. */
const MOST_REMARKS = 5;

/** How a list was read to its end. */
export interface ListWalk {
  /** Elements that were left out because they are invalid (PAG-16). */
  readonly invalid: number;
  /**
   * Why an object that was not in it may exist nevertheless: an element could not be read, objects left the list while it
   * was read, or fewer came than it is said to have. Null: what it did not name, the partner does not have (PAG-18).
   */
  readonly incomplete: string | null;
  /** What was wrong with single elements, in sentences; the first few. */
  readonly remarks: readonly string[];
}

/**
 * Reads a list page by page.
 * @param what the elements, for remarks.
 * @param take gets the valid elements of each page; the next one is asked for when it is done.
 * @throws VoltapError partner_unreachable, partner_refused at the first page that fails; whatever `take` throws.
 */
export async function walkList<Element>(
  pages: AsyncIterable<EgressResult<readonly Element[]>>,
  what: string,
  take: (elements: readonly Element[], invalid: number) => Promise<void>,
): Promise<ListWalk> {
  const remarks: string[] = [];
  let [came, invalid, page] = [0, 0, 0];
  let total: number | undefined;
  let dropped = false;
  for await (const result of pages) {
    if (result.outcome !== 'success') throw failureOf(result);
    page += 1;
    const broken = Map.groupBy(result.violations ?? [], ({ pointer }) => pointer.split('/')[1] ?? '');
    for (const [index, violations] of broken) {
      const wrong = violations.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
      if (remarks.length < MOST_REMARKS)
        remarks.push(`Of ${what}, element ${index} of page ${page} is invalid: ${wrong}`);
    }
    invalid += broken.size;
    came += result.value.length + broken.size;
    dropped ||= total !== undefined && result.totalCount !== undefined && result.totalCount < total;
    total = result.totalCount ?? total;
    await take(result.value, broken.size);
  }
  return { invalid, incomplete: doubtAbout({ invalid, dropped, came, total }), remarks };
}

function doubtAbout(walk: { invalid: number; dropped: boolean; came: number; total: number | undefined }) {
  if (walk.invalid > 0) return 'an element of it is invalid';
  if (walk.dropped) return 'it became shorter while it was read';
  if (walk.total !== undefined && walk.came < walk.total)
    return `${walk.came} elements came of the ${walk.total} that it is said to have`;
  return null;
}
