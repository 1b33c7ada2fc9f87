import type { Application } from 'express';
import { AddressRanges } from '../access/sender-address.js';
import type { ConfigurationService } from '../config/configuration.service.js';

/** Lets Express believe `X-Forwarded-For` of `server.trustedProxies`, as they are at each request. */
export function trustProxies(express: Application, configuration: ConfigurationService): void {
  let known = configuration.current().trustedProxies;
  let ranges = new AddressRanges(known);
  express.set('trust proxy', (address: string) => {
    const { trustedProxies } = configuration.current();
    if (trustedProxies !== known) {
      known = trustedProxies;
      ranges = new AddressRanges(known);
    }
    return ranges.includes(address);
  });
}
