import type { SettingsComparison } from '../../domain/deployment/comparison.js';
import { compareSettings, type ComparedContainers } from '../comparison/compare.js';
import type { Purpose } from '../comparison/explanations.js';
import { replacementOf } from '../creation/container-options.js';
import type { ContainerConfig, ContainerInspection, HostConfig } from '../inspection/inspection.js';
import { aContainer, anImage, aReplacementInput } from './inspection-builders.js';

/** Of the new container, and of its image. */
export const NEW_ID = 'fedcba987654'.padEnd(64, '0');
export const NEW_IMAGE = `sha256:${'2'.repeat(64)}`;
const PURPOSE: Purpose = {
  image: 'acme/web:latest',
  imageId: NEW_IMAGE,
  container: 'web',
  joinedLater: [],
  namedLater: [],
  isArmedLater: false,
};

interface Compared extends Partial<Omit<ComparedContainers, 'purpose'>> {
  readonly purpose?: Partial<Purpose>;
  readonly apiVersion?: string;
}

/** Compares two containers that differ only in the given parts. */
export function compared(parts: Compared): SettingsComparison {
  const { apiVersion = '1.41', purpose, old = aContainer(), oldImage = anImage() } = parts;
  const input = aReplacementInput({ container: old, oldImage, apiVersion });
  return compareSettings(
    {
      candidate: aNewContainer(),
      newImage: anImage({}, { Id: NEW_IMAGE }),
      requested: replacementOf(input).body,
      ...parts,
      old,
      oldImage,
      purpose: { ...PURPOSE, ...purpose },
    },
    { apiVersion, engine: input.engine, containerNames: new Map([['f'.repeat(64), 'parent']]) },
    '2026-01-02T03:04:05.000Z',
  );
}

/** A container like {@link aContainer}, created by a deployment. */
export function aNewContainer(parts: Parameters<typeof aContainer>[0] = {}): ContainerInspection {
  return aContainer({ Id: NEW_ID, Image: NEW_IMAGE, ...parts });
}

/** Compares two `HostConfig`s. */
export function ofHost(old: HostConfig, fresh: HostConfig): SettingsComparison {
  return compared({
    old: aContainer({ HostConfig: old }),
    candidate: aNewContainer({ HostConfig: fresh }),
  });
}

/** Compares two `Config`s, each from an image with its own. */
export function ofConfig(
  old: ContainerConfig,
  oldImage: ContainerConfig,
  fresh: ContainerConfig,
  newImage: ContainerConfig,
): SettingsComparison {
  return compared({
    old: aContainer({ Config: old }),
    oldImage: anImage(oldImage),
    candidate: aNewContainer({ Config: fresh }),
    newImage: anImage(newImage),
  });
}
