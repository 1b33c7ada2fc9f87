import type { HealthSettings, Probe } from '../../settings/rollout-settings.js';

const DEFAULT_TIMEOUT_MS = 60_000;
const STABLE_WITHOUT_CHECK_MS = 5_000;

/** What a container has to pass. */
export interface GateSettings {
  /** Time from its start until it must have passed its checks, in milliseconds. */
  readonly timeoutMs: number;
  /** How long the container must stay up after that, in milliseconds. */
  readonly stableForMs: number;
  readonly probe: Probe | null;
}

/** The container's own HEALTHCHECK in milliseconds, with the engine's defaults filled in. */
export interface HealthCheckTimes {
  readonly startPeriodMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
}

/**
 * What the gate demands of a container. The timeout is the configured one, by default 60 s, or the
 * container's own start period plus (retries + 1) × (interval + timeout) if that is longer. By default
 * it must stay up for 5 s without any check, 0 s with one.
 */
export function gateSettings(health: HealthSettings, check: HealthCheckTimes | null): GateSettings {
  const own =
    check === null
      ? 0
      : check.startPeriodMs + (check.retries + 1) * (check.intervalMs + check.timeoutMs);
  const hasCheck = check !== null || health.probe !== null;
  return {
    timeoutMs: health.timeoutMs ?? Math.max(DEFAULT_TIMEOUT_MS, own),
    stableForMs: health.stableForMs ?? (hasCheck ? 0 : STABLE_WITHOUT_CHECK_MS),
    probe: health.probe,
  };
}
