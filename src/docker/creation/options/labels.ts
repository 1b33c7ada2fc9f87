import { CONTROL_LABELS } from '../../../domain/rollout/labels.js';

const COMPOSE_PREFIX = 'com.docker.compose.';
const COMPOSE_IMAGE = 'com.docker.compose.image';

export interface LabelInput {
  readonly container: Readonly<Record<string, string>>;
  readonly image: Readonly<Record<string, string>>;
  /** Our control labels for the new container. */
  readonly control: Readonly<Record<string, string>>;
  /** Null if unknown: compose's record of the image then stays as it is. */
  readonly newImageId: string | null;
}

/**
 * The labels to send.
 * - The old image's labels are left out, so that the new image's apply; a user's label that equals the old image's
 *   cannot be distinguished from it.
 * - Compose's labels are always sent: images built by compose have some of them too, and without them a container is
 *   an orphan of its project. `com.docker.compose.image` names the new image; otherwise the next `compose up` would
 *   recreate the container for no reason.
 * - Our labels of an earlier deployment are dropped, whatever their values; the new ones come last.
 */
export function labelsOf({
  container,
  image,
  control,
  newImageId,
}: LabelInput): Record<string, string> {
  const kept = Object.entries(container).filter(([label, value]) => {
    if (CONTROL_LABELS.includes(label)) return false;
    return label.startsWith(COMPOSE_PREFIX) || image[label] !== value;
  });
  const rewritten = kept.map(([label, value]): [string, string] => [
    label,
    label === COMPOSE_IMAGE ? (newImageId ?? value) : value,
  ]);
  return Object.fromEntries([...rewritten, ...Object.entries(control)]);
}
