import { CONTROL_LABELS } from '../../../domain/rollout/labels.js';

const COMPOSE_PREFIX = 'com.docker.compose.';
const COMPOSE_IMAGE = 'com.docker.compose.image';

export interface LabelInput {
  readonly container: Readonly<Record<string, string>>;
  readonly image: Readonly<Record<string, string>>;
  /** Our control labels for the new container. */
  readonly control: Readonly<Record<string, string>>;
  /** Null where it is not known: compose's note of the image then stays as it is. */
  readonly newImageId: string | null;
}

/**
 * The labels to send.
 * - Those of the old image are left out, so that the new image's apply; a user's label that equals
 *   the old image's cannot be told apart from it.
 * - Compose's are always sent: images built by compose carry some of them too, and a container
 *   without them is an orphan of its project. `com.docker.compose.image` names the new image, else
 *   the next `compose up` recreates the container for no reason.
 * - Ours of an earlier deployment go, whatever they say; the new ones come last.
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
