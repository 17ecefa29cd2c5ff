import { VoltapError } from '@voltap/kernel';
import { isOcpiVersion, type OcpiVersion, type Version } from '@voltap/ocpi/model';
import { brief } from './brief.js';

/**
 * The version to agree on with a partner: the one wanted, or the highest that both sides offer (CRED-22). Versions that we
 * do not know are no fault (VER-09).
 * @param offered by us, highest first.
 * @throws VoltapError unsupported_version.
 */
export function chooseVersion(
  listed: readonly Version[],
  offered: readonly OcpiVersion[],
  wanted: OcpiVersion | undefined,
): { readonly version: OcpiVersion; readonly url: string } {
  for (const version of wanted === undefined ? offered : [wanted]) {
    const entry = listed.find((candidate) => isOcpiVersion(candidate.version) && candidate.version === version);
    if (entry !== undefined) return { version, url: entry.url };
  }
  const names = brief(listed.map(({ version }) => version).join(', ')) || 'nothing';
  throw new VoltapError(
    'unsupported_version',
    `The versions endpoint of the partner lists ${names}, not ${wanted ?? offered.join(' or ')}`,
  );
}
