/** Extensions of the engines' default list over time; there are engines with each of these stages. */
const MASKED_BY_ENGINE = [
  [
    '/proc/acpi',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/sys/firmware',
  ],
  ['/proc/asound'],
  ['/sys/devices/virtual/powercap'],
  ['/proc/interrupts'],
] as const;
/** Masked in addition to `/proc/interrupts`, one per processor that has it. */
const THERMAL_THROTTLE = /^\/sys\/devices\/system\/cpu\/cpu\d+\/thermal_throttle$/;

const READ_ONLY_BY_ENGINE = [
  ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
  ['/proc/asound'],
] as const;

/**
 * `MaskedPaths` as the user set them; undefined if the list is an engine's default. An inspection shows the default of
 * the engine that created the container: if it were copied, paths that newer engines mask for security would stay
 * unmasked. An empty list is `--security-opt systempaths=unconfined`.
 */
export function maskedPathsOf(
  paths: readonly string[] | null | undefined,
): readonly string[] | undefined {
  const isNewest = paths?.includes('/proc/interrupts') === true;
  const comparable = isNewest ? paths.filter((path) => !THERMAL_THROTTLE.test(path)) : paths;
  return isDefault(comparable, MASKED_BY_ENGINE) ? undefined : (paths ?? undefined);
}

/** `ReadonlyPaths` by the same rule. */
export function readOnlyPathsOf(
  paths: readonly string[] | null | undefined,
): readonly string[] | undefined {
  return isDefault(paths, READ_ONLY_BY_ENGINE) ? undefined : (paths ?? undefined);
}

function isDefault(
  paths: readonly string[] | null | undefined,
  steps: readonly (readonly string[])[],
): boolean {
  const given = new Set(paths);
  return steps.some((_, index) => {
    const known = steps.slice(0, index + 1).flat();
    return given.size === known.length && known.every((path) => given.has(path));
  });
}
