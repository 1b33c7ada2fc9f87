import type { HealthCheckTimes } from '../../domain/rollout/health/gate-settings.js';
import type { ContainerInspection } from './inspection.js';

const NANOSECONDS_PER_MILLISECOND = 1e6;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 3;

/** The times of a container's effective HEALTHCHECK, including the engine's defaults; null if it has none. */
export function healthCheckTimes(container: ContainerInspection): HealthCheckTimes | null {
  const check = container.Config.Healthcheck;
  const test = check?.Test ?? [];
  if (check == null || test.length === 0 || test[0] === 'NONE') return null;
  return {
    startPeriodMs: milliseconds(check.StartPeriod, 0),
    intervalMs: milliseconds(check.Interval, DEFAULT_INTERVAL_MS),
    timeoutMs: milliseconds(check.Timeout, DEFAULT_TIMEOUT_MS),
    retries: check.Retries === undefined || check.Retries === 0 ? DEFAULT_RETRIES : check.Retries,
  };
}

function milliseconds(nanoseconds: number | undefined, unset: number): number {
  return nanoseconds === undefined || nanoseconds === 0
    ? unset
    : nanoseconds / NANOSECONDS_PER_MILLISECOND;
}
