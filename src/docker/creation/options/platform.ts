import type { ImageInspection } from '../../inspection/inspection.js';
import type { EngineProperties } from './replacement-input.js';

/** Names of `GET /info` (the kernel's) for architectures that images name differently. */
const KERNEL_NAMES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  i386: '386',
  i686: '386',
  aarch64: 'arm64',
  armv6l: 'arm',
  armv7l: 'arm',
};

/**
 * The container's platform, e.g. `linux/arm64/v8`, if it is not the engine's own: pull and create must then request it.
 * A container's inspection names only the operating system, so the platform comes from the old image. Variants are not
 * compared: engines do not report theirs and choose the best one themselves.
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
