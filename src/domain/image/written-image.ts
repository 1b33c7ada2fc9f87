import { isImageId } from './image-id.js';
import { parseImageReference } from './image-reference.js';

/** An image reference in its parts, each as the user wrote it: `acme/web` stays `acme/web`. */
export interface WrittenImage {
  readonly repository: string;
  /** `latest` if neither a tag nor a digest was written; null if only a digest was. */
  readonly tag: string | null;
  readonly digest: string | null;
}

/**
 * Splits the image that a container was created with.
 * @returns null for an image id, which names no repository.
 * @throws DeployError `invalid-reference`
 */
export function writtenImage(image: string): WrittenImage | null {
  if (isImageId(image)) return null;
  const { tag, digest } = parseImageReference(image);
  const named = digest === null ? image : image.slice(0, -digest.length - 1);
  const repository = tag === null ? named : named.slice(0, -tag.length - 1);
  return { repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}
