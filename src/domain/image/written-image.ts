import { parseImageReference } from './image-reference.js';

/** An image reference in its parts, each as the user wrote it: `acme/web` stays `acme/web`. */
export interface WrittenImage {
  readonly repository: string;
  /** `latest` if neither a tag nor a digest was written; null if only a digest was. */
  readonly tag: string | null;
  readonly digest: string | null;
}

/** What an engine shows instead of a reference for a container that was created by image id. */
const IMAGE_ID = /^(sha256:)?[a-f0-9]{12,64}$/;

/**
 * Splits the image that a container was created with.
 * @returns null for an image id, which names no repository.
 * @throws DeployError `invalid-reference`
 */
export function writtenImage(image: string): WrittenImage | null {
  if (IMAGE_ID.test(image)) return null;
  const { tag, digest } = parseImageReference(image);
  const named = digest === null ? image : image.slice(0, -digest.length - 1);
  const repository = tag === null ? named : named.slice(0, -tag.length - 1);
  return { repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}
