import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Which addresses may be called. URLs come from partners, so the default is the public internet over TLS only. */
export interface ConnectionRules {
  /** Plain HTTP, for development (TRN-14). */
  readonly allowHttp?: boolean;
  /** Private, loopback and link-local addresses, for development and for peers in the same network. */
  readonly allowPrivateAddresses?: boolean;
  /** When given, only these host names are called. */
  readonly allowedHosts?: readonly string[];
}

/** A URL or address that must not be called. The message names what was wrong with it. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
}

/** Everything that is not an address of the public internet (IANA special-purpose registries). */
const SPECIAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv4');
}
/** Besides local ranges, those that embed IPv4 addresses: a translator could lead back into our network. */
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address belongs to the public internet. IPv4-mapped IPv6 addresses count as what they map. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return !SPECIAL.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Checks what can be seen in the URL itself. @throws BlockedAddressError */
export function checkUrl(text: string, rules: ConnectionRules): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new BlockedAddressError('not an absolute URL');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allowHttp)) {
    throw new BlockedAddressError(`${url.protocol}// is not allowed`);
  }
  if (url.username !== '' || url.password !== '') throw new BlockedAddressError('credentials in a URL are not allowed');
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (rules.allowedHosts && !rules.allowedHosts.some((allowed) => allowed.toLowerCase() === host)) {
    throw new BlockedAddressError(`${host} is not on the list of allowed hosts`);
  }
  if (isIP(host) !== 0 && !rules.allowPrivateAddresses && !isPublicAddress(host)) {
    throw new BlockedAddressError(`${host} is not a public address`);
  }
  return url;
}

/**
 * The name resolution of a connection. The socket connects to exactly the addresses that were checked here, so a name
 * cannot resolve differently between check and use.
 */
export function guardedLookup(rules: ConnectionRules, resolver: typeof resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = rules.allowPrivateAddresses
        ? addresses
        : addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      // One private address among public ones is as suspicious as none.
      if (first === undefined || allowed.length < addresses.length) {
        return callback(new BlockedAddressError(`${hostname} does not resolve to public addresses`), '');
      }
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}
