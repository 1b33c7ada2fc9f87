import type { PolicySettings } from '../settings/policy-settings.js';
import { formatDuration } from '../duration.js';
import { clock, isAnyOpen, nextClosing, nextOpening } from './windows.js';

/** A policy as it would be written in the configuration: what is not set is left out. */
export function describePolicy(policy: PolicySettings): Record<string, unknown> {
  const { delayMs, windows, approval, promoteFrom, pollMs } = policy;
  return {
    ...(delayMs > 0 && { delay: formatDuration(delayMs) }),
    ...(windows.length > 0 && {
      window: windows.map(({ days, from, to, timezone }) => ({
        days,
        from: clock(from),
        to: clock(to),
        timezone,
      })),
    }),
    ...(approval !== null && {
      approval: {
        required: approval.required,
        ...(approval.of !== null && { of: approval.of }),
        expires: formatDuration(approval.expiresMs),
      },
    }),
    ...(promoteFrom !== null && {
      promoteFrom: {
        environment: promoteFrom.environment,
        ...(promoteFrom.service !== '' && { service: promoteFrom.service }),
        after: formatDuration(promoteFrom.afterMs),
      },
    }),
    ...(pollMs !== null && { poll: formatDuration(pollMs) }),
  };
}

/** Whether the windows of a policy let deployments start now, and when that changes. */
export interface WindowView {
  readonly open: boolean;
  /** RFC 3339, UTC; null while one is open. */
  readonly opensAt: string | null;
  /** RFC 3339, UTC; null while none is open, or if one always is. */
  readonly closesAt: string | null;
}

/** Null for a policy without windows. `now`: milliseconds since 1970. */
export function windowView({ windows }: PolicySettings, now: number): WindowView | null {
  if (windows.length === 0) return null;
  const open = isAnyOpen(windows, now);
  const at = (time: number | null | undefined): string | null =>
    time == null ? null : new Date(time).toISOString();
  return {
    open,
    opensAt: open ? null : at(nextOpening(windows, now)?.at),
    closesAt: open ? at(nextClosing(windows, now)) : null,
  };
}
