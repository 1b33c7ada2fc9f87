import type { Place } from '../place.js';
import { Key, readSection } from '../section.js';

/** `policy` of an environment or service: when a deployment may go. Empty: at once, the only policy yet. */
export class PolicySection {
  /** How long to wait after the push. Not supported yet. */
  @Key('later')
  delay?: unknown;

  /** Days and hours in which it may go. Not supported yet. */
  @Key('later')
  window?: unknown;

  /** Who must agree. Not supported yet. */
  @Key('later')
  approval?: unknown;

  /** The environment in which it must have succeeded. Not supported yet. */
  @Key('later')
  promoteFrom?: unknown;

  /** How often the registry is asked without a push. Not supported yet. */
  @Key('later')
  poll?: unknown;
}

/** Checks `policy`; it can only say "at once" yet, so there is nothing to hand on. */
export function checkPolicy(place: Place | undefined): void {
  if (place !== undefined) readSection(place, PolicySection);
}
