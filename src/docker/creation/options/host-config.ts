import type { HostConfig } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';
import { definedFields } from './defined-fields.js';
import { linksAsWritten } from '../../inspection/links.js';
import { bindsOf, mountsOf } from './mounts.js';
import { networkModeByName } from './networks.js';
import { maskedPathsOf, readOnlyPathsOf } from './protected-paths.js';
import type { EngineProperties, ReplacementInput } from './replacement-input.js';
import { modeByName } from '../../inspection/shared-namespace.js';
import { volumesFromByName } from './volumes-from.js';

/**
 * Copies all of `HostConfig`, known and unknown fields, except for those named here. None of it comes from an image,
 * and it includes changes by `docker update`.
 */
export function hostConfigOf(
  input: ReplacementInput,
  sysctls: Readonly<Record<string, string>> | undefined,
): Record<string, unknown> {
  const { container, containerNames, engine, apiVersion } = input;
  const own = container.HostConfig;
  return definedFields({
    ...own,
    NetworkMode: modeByName(networkModeByName(container), containerNames),
    IpcMode: modeByName(own.IpcMode, containerNames),
    PidMode: modeByName(own.PidMode, containerNames),
    VolumesFrom: volumesFromByName(own.VolumesFrom, containerNames),
    Links: linksAsWritten(own.Links),
    Binds: bindsOf(container),
    Mounts: mountsOf(container, input.volumesFrom),
    Sysctls: sysctls,
    MaskedPaths: maskedPathsOf(own.MaskedPaths),
    ReadonlyPaths: readOnlyPathsOf(own.ReadonlyPaths),
    // The engine's default is not sent, so that a changed default applies.
    Runtime: own.Runtime === engine.defaultRuntime ? undefined : own.Runtime,
    MemorySwappiness: swappinessOf(own, engine),
    KernelMemory: kernelMemoryOf(own.KernelMemory, apiVersion),
    KernelMemoryTCP: kernelMemoryOf(own.KernelMemoryTCP, apiVersion),
  });
}

/** Cgroup v2 does not support it; Podman then shows 0 and refuses to start a container with that value. */
export function swappinessOf(own: HostConfig, engine: EngineProperties): number | undefined {
  const swappiness = own.MemorySwappiness ?? -1;
  return swappiness < 0 || engine.cgroupVersion === '2' ? undefined : swappiness;
}

/** No effect from API 1.42 on, and refused by the newest engines. */
function kernelMemoryOf(bytes: number | undefined, apiVersion: string): number | undefined {
  return bytes === 0 || isApiAtLeast(apiVersion, '1.42') ? undefined : bytes;
}
