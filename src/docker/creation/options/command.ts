import type { ContainerConfig } from '../../inspection/inspection.js';
import { isSameList } from './defined-fields.js';

/** What to send of the two fields that form the command; if absent, the image's applies. */
export type Command = Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>;

/**
 * Entrypoint and command as the user meant them, decided together because the engine merges them together: the
 * image's `Cmd` applies only if neither an entrypoint nor a command was given, its `Entrypoint` only if no entrypoint
 * was given.
 *
 * `--entrypoint ""` is stored as null, but null in a request means "the image's", so it is sent as `[""]`. An empty
 * list, which is stored as such, clears the entrypoint but not the image's `Cmd`.
 */
export function commandOf(container: ContainerConfig, image: ContainerConfig | null): Command {
  const entrypoint = container.Entrypoint ?? null;
  const ownCommand = isEmpty(container.Cmd) ? {} : { Cmd: container.Cmd ?? [] };
  const differingCommand = isSameList(container.Cmd, image?.Cmd) ? {} : ownCommand;

  if (entrypoint === null) {
    const isCleared = image === null || !isEmpty(image.Entrypoint);
    // The engine refuses a cleared entrypoint without a command, so such a container cannot exist.
    if (isCleared && !isEmpty(container.Cmd)) return { Entrypoint: [''], ...ownCommand };
    return differingCommand;
  }
  if (isEmpty(entrypoint)) {
    const isImages = image !== null && image.Entrypoint?.length === 0;
    return isImages ? differingCommand : { Entrypoint: [], ...differingCommand };
  }
  if (image === null || !isSameList(entrypoint, image.Entrypoint)) {
    return { Entrypoint: entrypoint, ...ownCommand };
  }
  // The image's entrypoint without the image's command must come from the user.
  if (isEmpty(container.Cmd) && !isEmpty(image.Cmd)) return { Entrypoint: entrypoint };
  return differingCommand;
}

function isEmpty(list: readonly string[] | null | undefined): boolean {
  return (list ?? []).length === 0;
}
