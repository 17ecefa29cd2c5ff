import type { StoredPartner } from '../domain/partner.js';

/** Header of an answer that speaks of a partner: the gateway releases it when its directory of tokens has this revision. */
export const REVISION_HEADER = 'voltap-partner-revision';

export function revisionHeader({ id, revision }: StoredPartner): Record<string, string> {
  return { [REVISION_HEADER]: `${id} ${revision}` };
}
