import type { Application } from 'express';
import { AddressRanges } from '../access/sender-address.js';
import type { ConfigurationService } from '../config/configuration.service.js';

/** Makes Express trust `X-Forwarded-For` from `server.trustedProxies`, as configured at each request. */
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
