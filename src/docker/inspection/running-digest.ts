import { DeployError } from '../../domain/errors.js';
import { canonicalRepository, isDigest } from '../../domain/image/image-reference.js';
import { LABELS } from '../../domain/rollout/labels.js';
import type { ContainerInspection, ImageInspection } from './inspection.js';

export interface RunningDigest {
  /** The digest that runs; null if it cannot be determined. */
  readonly digest: string | null;
  /** Every digest of the repository by which the engine knows the running image. */
  readonly all: readonly string[];
}

/**
 * Which digest of `repository` (canonical) a container runs. Never guessed:
 * - Our label counts if it is confirmed: it names the image from which the container was really created, or the
 *   engine knows that image by the label's digest. An unconfirmed label may be a copy: other tools carry labels over
 *   to newer images, and `docker commit` puts them into images.
 * - Otherwise a digest counts if it is the only one that the engine knows for the repository; an image may have
 *   several (of an index and of its parts, or of two builds with the same content).
 */
export function runningDigest(
  container: ContainerInspection,
  image: ImageInspection | null,
  repository: string,
): RunningDigest {
  const known = knownDigests(image, repository);
  const labelled = labelledDigest(container, repository);
  if (labelled !== null && known.includes(labelled)) return { digest: labelled, all: known };
  if (labelled !== null && container.Config.Labels?.[LABELS.imageId] === container.Image) {
    return { digest: labelled, all: [labelled, ...known] };
  }
  const [only, ...more] = known;
  return { digest: more.length === 0 ? (only ?? null) : null, all: known };
}

function knownDigests(image: ImageInspection | null, repository: string): string[] {
  const digests = (image?.RepoDigests ?? []).flatMap((entry) => {
    const at = entry.lastIndexOf('@');
    const digest = entry.slice(at + 1);
    return isOf(repository, entry.slice(0, at)) && isDigest(digest) ? [digest] : [];
  });
  return [...new Set(digests)];
}

function labelledDigest(container: ContainerInspection, repository: string): string | null {
  const labels = container.Config.Labels ?? {};
  const digest = labels[LABELS.digest] ?? '';
  return isDigest(digest) && isOf(repository, labels[LABELS.image] ?? '') ? digest : null;
}

/** Images without a name are listed as `<none>`, which is not a valid reference. */
function isOf(repository: string, reference: string): boolean {
  try {
    return canonicalRepository(reference) === repository;
  } catch (error) {
    if (error instanceof DeployError && error.code === 'invalid-reference') return false;
    throw error;
  }
}
