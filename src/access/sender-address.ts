import { BlockList, isIP } from 'node:net';
import type { Request } from 'express';
import { normalizeIp } from '@nestjs/throttler';

/**
 * The address that sent the request: that of the connection or, behind `server.trustedProxies`, the one
 * they report (Express' `trust proxy`). An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) becomes IPv4. A
 * proxy may report anything: what is not an address is ignored.
 */
export function senderAddress(request: Request): string {
  const reported = plainAddress(request.ip ?? '');
  return reported ?? plainAddress(request.socket.remoteAddress ?? '') ?? 'unknown';
}

/** One sender as limits count it: an IPv4 address, or the /64 of an IPv6 address. */
export function senderNetwork(request: Request): string {
  return normalizeIp(senderAddress(request), 64);
}

/** An address without zone, port and brackets, an IPv4-mapped one as IPv4; null if it is not an address. */
export function plainAddress(text: string): string | null {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const ipv4WithPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1];
  const bare = (bracketed ?? ipv4WithPort ?? text).replace(/%.*$/, '');
  if (isIP(bare) === 0) return null;
  // With the whole address as its own network only the IPv4-mapped form changes.
  return normalizeIp(bare, 128).replace(/\/128$/, '');
}

/** A set of CIDR ranges and single addresses. */
export class AddressRanges {
  readonly #ranges = new BlockList();

  /** @throws Error if an entry is neither an address nor a CIDR range. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.add(entry);
  }

  includes(text: string): boolean {
    const address = plainAddress(text);
    return address !== null && this.#ranges.check(address, familyOf(address));
  }

  private add(entry: string): void {
    const [base = '', bits] = entry.split('/');
    if (isIP(base) === 0) throw new Error(`${JSON.stringify(entry)} is not a CIDR range`);
    const family = familyOf(base);
    if (bits === undefined) this.#ranges.addAddress(base, family);
    else this.#ranges.addSubnet(base, Number(bits), family);
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
