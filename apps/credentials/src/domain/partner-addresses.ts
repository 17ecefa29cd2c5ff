/** An address of a partner that must not be called, and why. */
export interface RefusedAddress {
  readonly url: string;
  readonly reason: string;
}

/**
 * Addresses that lead nowhere they may: to us, which would send every charge in a circle, or to a host that is not agreed.
 * @param allowedHosts empty: any host.
 */
export function foreignAddresses(
  urls: readonly string[],
  rules: { readonly publicUrl: string; readonly allowedHosts: readonly string[] },
): readonly RefusedAddress[] {
  const own = new URL(rules.publicUrl).origin;
  return urls.flatMap((url): RefusedAddress[] => {
    const { origin, hostname } = new URL(url);
    if (origin === own) return [{ url, reason: 'leads back to this platform' }];
    if (rules.allowedHosts.length > 0 && !rules.allowedHosts.includes(hostname.toLowerCase())) {
      return [{ url, reason: `${hostname} is not on the list of allowed hosts` }];
    }
    return [];
  });
}
