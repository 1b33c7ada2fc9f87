import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Ranges that hold no public services (IANA special-purpose address registries). */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const PRIVATE_IPV6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];
/** NAT64 (RFC 6052) also leads to public IPv4 hosts, so it is refused only if the embedded address is private. */
const NAT64_PREFIX = '64:ff9b::';
const NAT64_PREFIX_LENGTH = 96;

/** `BlockList` matches IPv4-mapped IPv6 addresses (`::ffff:127.0.0.1`) against the IPv4 rules. */
const privateAddresses = new BlockList();
for (const [network, prefix] of PRIVATE_IPV4) {
  privateAddresses.addSubnet(network, prefix, 'ipv4');
  privateAddresses.addSubnet(NAT64_PREFIX + network, NAT64_PREFIX_LENGTH + prefix, 'ipv6');
}
for (const [network, prefix] of PRIVATE_IPV6) {
  privateAddresses.addSubnet(network, prefix, 'ipv6');
}

/** Whether a literal address is loopback, link-local, private or otherwise not on the public network. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a host name in the form of `URL.hostname` is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
 * A name that merely resolves to loopback does not count: whoever controls its DNS decides where it leads.
 */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

/** The address if `URL.hostname` is a literal one (IPv6 without its brackets), else null. */
export function literalAddress(hostname: string): string | null {
  if (isIPv4(hostname)) return hostname;
  const inner = hostname.startsWith('[') ? hostname.slice(1, -1) : '';
  return isIPv6(inner) ? inner : null;
}

/** The signature of `dns.lookup` that `connect.lookup` expects. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (
    error: NodeJS.ErrnoException | null,
    address: string | LookupAddress[],
    family?: number,
  ) => void,
) => void;

/** Error code of a look-up that was refused. */
export const PRIVATE_ADDRESS_CODE = 'EPRIVATEADDRESS';

/**
 * Wraps a look-up so that a name with any private address fails with `EPRIVATEADDRESS`. It runs when the
 * connection is made, on the addresses that would be used, so the answer cannot change in between (DNS
 * rebinding).
 */
export function guardedLookup(lookup: Lookup): Lookup {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error !== null) {
        callback(error, address, family);
        return;
      }
      const addresses = typeof address === 'string' ? [address] : address.map((one) => one.address);
      if (addresses.some(isPrivateAddress)) {
        const refusal = Object.assign(new Error(`${hostname} has a private address`), {
          code: PRIVATE_ADDRESS_CODE,
        });
        callback(refusal, typeof address === 'string' ? '' : []);
        return;
      }
      callback(null, address, family);
    });
  };
}
