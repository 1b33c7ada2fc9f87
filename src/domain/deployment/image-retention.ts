import type { Deployment } from './deployment.js';
import { DeployError } from '../errors.js';
import { parseImageReference, repositoryOf } from '../image/image-reference.js';

/** A rollout that was started and has ended. */
type PastRollout = Pick<Deployment, 'image' | 'tag' | 'digest' | 'previousDigest' | 'phase'>;

/** How many images a service keeps, and what ran in it. */
export interface ServiceHistory {
  /** Number of replaced versions whose images are kept for a rollback, besides the running one. */
  readonly keepImages: number;
  /** Last finished first. */
  readonly past: readonly PastRollout[];
  /** Digests. */
  readonly quarantined: readonly string[];
}

/** `repository@digest` each, canonical. */
export interface ImagesOfService {
  /** Must be kept, whatever other services need. */
  readonly kept: ReadonlySet<string>;
  /** Were replaced or failed, and are no longer needed. */
  readonly gone: ReadonlySet<string>;
}

/**
 * Which images a service no longer needs. It keeps the running version, the last `keepImages` replaced versions, and
 * as many that a rollback may return to, which excludes quarantined ones. Failed versions are kept for inspection
 * until a later one has succeeded.
 */
export function imagesOfService({
  keepImages,
  past,
  quarantined,
}: ServiceHistory): ImagesOfService {
  const last = past.findIndex(({ phase }) => phase === 'succeeded');
  if (last < 0) return { kept: new Set(), gone: new Set() };
  const [running, ...replaced] = distinct(
    past
      .filter(({ phase }) => phase === 'succeeded')
      .flatMap(({ image, digest, previousDigest }) => [
        { image, digest },
        { image, digest: previousDigest },
      ]),
  );
  const isGood = (name: string): boolean => !quarantined.some((each) => name.endsWith(`@${each}`));
  const failedSince = distinct(past.slice(0, last));
  const kept = new Set([
    ...(running === undefined ? [] : [running]),
    ...replaced.slice(0, keepImages),
    ...replaced.filter(isGood).slice(0, keepImages),
    ...failedSince,
  ]);
  const gone = [...replaced, ...distinct(past)].filter((name) => !kept.has(name));
  return { kept, gone: new Set(gone) };
}

/** An image on an engine, with its names there. */
export interface LocalImage {
  readonly id: string;
  /** `repository:tag` */
  readonly tags: readonly string[];
  /** `repository@digest` */
  readonly digests: readonly string[];
}

/** Names that decide which images may be removed; all of them canonical. */
export interface RemovableNames {
  /** `repository@digest` */
  readonly gone: ReadonlySet<string>;
  /** `repository:tag@digest`: local tags that a rollout pointed to that digest's image. */
  readonly pointed: ReadonlySet<string>;
  /** `repository:tag`: tags that services follow by exact name. They belong to the user. */
  readonly followed: ReadonlySet<string>;
}

/**
 * The names to remove from an image, in this order, so that it is deleted with the last one; null if it is kept
 * because it has a name that Deploy did not give it, or that is needed.
 */
export function namesToRemove(image: LocalImage, names: RemovableNames): string[] | null {
  const digests = image.digests.map(canonical);
  const isGone =
    digests.length > 0 && digests.every((name) => name !== null && names.gone.has(name));
  const isOwn = (tag: string): boolean => {
    const name = canonical(tag);
    if (name === null || names.followed.has(name)) return false;
    return digests.some((digest) => names.pointed.has(`${name}@${digest?.split('@')[1] ?? ''}`));
  };
  return isGone && image.tags.every(isOwn) ? [...image.tags, ...image.digests] : null;
}

/** `repository@digest` of each version with a known digest, without repetition, in order. */
function distinct(versions: readonly Pick<PastRollout, 'image' | 'digest'>[]): string[] {
  const known = versions.filter(({ digest }) => digest !== null);
  return [...new Set(known.map(({ image, digest }) => `${image}@${digest ?? ''}`))];
}

/** Null if the name is not a reference. */
function canonical(name: string): string | null {
  try {
    const reference = parseImageReference(name);
    const { tag, digest } = reference;
    return `${repositoryOf(reference)}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
  } catch (error) {
    if (error instanceof DeployError) return null;
    throw error;
  }
}
