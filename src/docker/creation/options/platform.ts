import type { ImageInspection } from '../../inspection/inspection.js';
import type { EngineProperties } from './replacement-input.js';

/** How `GET /info` (the kernel's word) writes what images call otherwise. */
const KERNEL_NAMES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  i386: '386',
  i686: '386',
  aarch64: 'arm64',
  armv6l: 'arm',
  armv7l: 'arm',
};

/**
 * The platform that the container runs, e.g. `linux/arm64/v8`, where it is not the engine's own: then
 * pull and create have to ask for it. A container's inspection names only the system, so it is read
 * off the old image. Variants are not compared: engines do not name theirs, and choose the best by
 * themselves.
 */
export function platformOf(
  image: ImageInspection | null,
  engine: Pick<EngineProperties, 'os' | 'architecture'>,
): string | null {
  const { Os: system = '', Architecture: architecture = '', Variant: variant = '' } = image ?? {};
  if (system === '' || architecture === '') return null;
  const enginesOwn = KERNEL_NAMES[engine.architecture] ?? engine.architecture;
  if (system === engine.os && architecture === enginesOwn) return null;
  return [system, architecture, variant].filter((part) => part !== '').join('/');
}
