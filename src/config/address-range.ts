import { isIPv4, isIPv6 } from 'node:net';

/** The accepted forms, for messages. */
export const RANGE_FORMS =
  'an IP address or CIDR range; write e.g. 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32';

/**
 * Normalizes an IP address or CIDR range to CIDR form: `10.0.0.1` becomes `10.0.0.1/32`, and an IPv4-mapped IPv6
 * range (`::ffff:10.0.0.0/104`) becomes IPv4. Null if the text is neither.
 */
export function parseAddressRange(text: string): string | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const length = slash < 0 ? null : text.slice(slash + 1);
  if (length !== null && !/^(0|[1-9]\d{0,2})$/.test(length)) return null;
  if (isIPv4(address)) return inRange(address, length, 32);
  if (!isIPv6(address) || address.includes('%')) return null;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped === undefined) return inRange(address, length, 128);
  const inner = length === null ? null : Number(length) - 96;
  return inner !== null && inner < 0 ? null : inRange(mapped, inner?.toString() ?? null, 32);
}

function inRange(address: string, length: string | null, longest: number): string | null {
  if (length === null) return `${address}/${String(longest)}`;
  return Number(length) <= longest ? `${address}/${length}` : null;
}
