import type { Deployment } from './deployment.js';
import { DeployError } from '../errors.js';
import { parseImageReference, repositoryOf } from '../image/image-reference.js';

/** A rollout that was started and has ended. */
type PastRollout = Pick<Deployment, 'image' | 'tag' | 'digest' | 'previousDigest' | 'phase'>;

/** What a service keeps and what ran in it. */
export interface ServiceHistory {
  /** Replaced versions whose images stay for a rollback, beside the one that runs. */
  readonly keepImages: number;
  /** The last finished first. */
  readonly past: readonly PastRollout[];
  /** Digests. */
  readonly quarantined: readonly string[];
}

/** `repository@digest` each, canonical. */
export interface ImagesOfService {
  /** May not go, whatever other services say. */
  readonly kept: ReadonlySet<string>;
  /** Were replaced or have failed, and are needed no more. */
  readonly gone: ReadonlySet<string>;
}

/**
 * Which images a service needs no more. It keeps what runs, the last `keepImages` versions that were replaced,
 * and as many that a rollback may go to, which those that are quarantined are not. Versions that failed stay
 * until a later one has succeeded: somebody may want to look at them.
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

/** An image on an engine, by the names that the engine gives it. */
export interface LocalImage {
  readonly id: string;
  /** `repository:tag` */
  readonly tags: readonly string[];
  /** `repository@digest` */
  readonly digests: readonly string[];
}

/** What is known of the names of images that may go; all of them canonical. */
export interface RemovableNames {
  /** `repository@digest` */
  readonly gone: ReadonlySet<string>;
  /** `repository:tag@digest`: local tags that a rollout pointed to that digest's image. */
  readonly pointed: ReadonlySet<string>;
  /** `repository:tag`: tags that services follow by their exact names. They are their users'. */
  readonly followed: ReadonlySet<string>;
}

/**
 * The names to take from an image, so that it goes with the last of them, in this order; null where it stays:
 * it has a name that is not known to be Deploy's own, or that is needed.
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

/** `repository@digest` of each that has a digest, once, in order. */
function distinct(versions: readonly Pick<PastRollout, 'image' | 'digest'>[]): string[] {
  const known = versions.filter(({ digest }) => digest !== null);
  return [...new Set(known.map(({ image, digest }) => `${image}@${digest ?? ''}`))];
}

/** Null for what is no reference. */
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
