import type { HealthCheck } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';
import { isSameList } from './defined-fields.js';

const DURATIONS_AND_COUNTS = [
  'Interval',
  'Timeout',
  'StartPeriod',
  'StartInterval',
  'Retries',
] as const;

/**
 * The fields of the health check that the user set; undefined if there are none. The engine merges field by field, so
 * a field that equals the old image's is left to the new image.
 *
 * A check that the user disabled (`--no-healthcheck`) is sent as `["NONE"]` alone: the intervals beside it in the
 * inspection are the image's. A check that the image itself disables is not sent.
 * `StartInterval` exists from API 1.44 on.
 */
export function healthCheckOf(
  container: HealthCheck | null,
  image: HealthCheck | null,
  apiVersion: string,
): HealthCheck | undefined {
  if (container === null) return undefined;
  const ownTest = isSameList(container.Test, image?.Test) ? undefined : container.Test;
  if (ownTest?.[0] === 'NONE') return { Test: ['NONE'] };

  const numbers = DURATIONS_AND_COUNTS.filter((field) => {
    if (field === 'StartInterval' && !isApiAtLeast(apiVersion, '1.44')) return false;
    return (container[field] ?? 0) !== 0 && container[field] !== image?.[field];
  }).map((field) => [field, container[field]] as const);
  const own: HealthCheck = {
    ...(ownTest === undefined || ownTest === null || ownTest.length === 0 ? {} : { Test: ownTest }),
    ...Object.fromEntries(numbers),
  };
  return Object.keys(own).length === 0 ? undefined : own;
}
