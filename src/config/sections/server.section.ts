import { IsOptional } from 'class-validator';
import type { Configuration, Limit } from '../../domain/settings/configuration.js';
import { parseAddressRange, RANGE_FORMS } from '../address-range.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration, IsListenAddress, IsPublicUrl, IsWholeNumber } from '../leaf-rules.js';
import { parseListenAddress } from '../listen-address.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection } from '../section.js';
import { shown } from '../shown.js';

const MINUTE_MS = 60_000;

/** One limit of `server.throttle`: at most `limit` requests per `per`. */
export class LimitSection {
  /** Number of requests; a whole number, 0 disables the limit. The default depends on the limit. */
  @Key('scalar')
  @IsOptional()
  @IsWholeNumber(0, 1_000_000, 'a number of requests')
  limit?: number;

  /** The period, 1ms to 24h. Default `1m`. */
  @Key('string')
  @IsOptional()
  @IsDuration(1, DAY_MS, 'from 1ms to 24h')
  per?: string;
}

/** `server.throttle`: limits on the requests of one sender. */
export class ThrottleSection {
  /** Per webhook name and sender address, counted before authentication. Default 120 per 1m. */
  @Key('nested')
  webhook?: LimitSection;

  /** Per token, else per address. Default 600 per 1m. */
  @Key('nested')
  api?: LimitSection;

  /** Failed authentications per address and webhook name, or address and API. Default 10 per 1m. */
  @Key('nested')
  failedAuth?: LimitSection;
}

/** `server`: how Deploy is reached. */
export class ServerSection {
  /** The http or https URL of Deploy for users and senders; used in links and webhook addresses. Default: none. */
  @Key('string')
  @IsOptional()
  @IsPublicUrl()
  publicUrl?: string;

  /** IP addresses and CIDR ranges whose `X-Forwarded-For` is trusted. Default: none. */
  @Key('nested')
  trustedProxies?: string[];

  /** `host:port` that serves only `/metrics`. Default: the main address serves it. */
  @Key('string')
  @IsOptional()
  @IsListenAddress()
  metricsListen?: string;

  /** Limits on requests. */
  @Key('nested')
  throttle?: ThrottleSection;
}

type ServerSettings = Pick<
  Configuration,
  'publicUrl' | 'trustedProxies' | 'metricsListen' | 'throttle'
>;

const DEFAULT_LIMITS = { webhook: 120, api: 600, failedAuth: 10 } as const;

/** Reads `server`; if it is missing, everything has its default. */
export function readServer(node: ConfigNode | undefined): ServerSettings {
  const section = node === undefined ? null : readSection(node, ServerSection);
  const { publicUrl, metricsListen } = section?.leaves ?? {};
  const proxies = section?.nodes.get('trustedProxies');
  return {
    publicUrl: publicUrl?.replace(/\/+$/, '') ?? null,
    trustedProxies: proxies === undefined ? [] : (readAddressRanges(proxies) ?? []),
    metricsListen: metricsListen === undefined ? null : parseListenAddress(metricsListen),
    throttle: readThrottle(section?.nodes.get('throttle')),
  };
}

/** Reads a list of IP addresses and CIDR ranges as CIDR ranges; null after a fault if it is not a list. */
export function readAddressRanges(node: ConfigNode): string[] | null {
  const items = node.items();
  if (items === null) return null;
  const ranges: string[] = [];
  for (const item of items) {
    const text = item.string();
    if (text === null) continue;
    const range = parseAddressRange(text);
    if (range === null) item.fault(`${shown(text)} is not ${RANGE_FORMS}`);
    else ranges.push(range);
  }
  return ranges;
}

function readThrottle(node: ConfigNode | undefined): ServerSettings['throttle'] {
  const nodes = node === undefined ? undefined : readSection(node, ThrottleSection)?.nodes;
  return {
    webhook: readLimit(nodes?.get('webhook'), DEFAULT_LIMITS.webhook),
    api: readLimit(nodes?.get('api'), DEFAULT_LIMITS.api),
    failedAuth: readLimit(nodes?.get('failedAuth'), DEFAULT_LIMITS.failedAuth),
  };
}

function readLimit(node: ConfigNode | undefined, byDefault: number): Limit {
  const leaves = node === undefined ? undefined : readSection(node, LimitSection)?.leaves;
  const perMs = leaves?.per === undefined ? null : parseDuration(leaves.per);
  return { limit: leaves?.limit ?? byDefault, perMs: perMs ?? MINUTE_MS };
}
