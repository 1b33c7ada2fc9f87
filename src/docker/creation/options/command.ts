import type { ContainerConfig } from '../../inspection/inspection.js';
import { isSameList } from './defined-fields.js';

/** What to send of the two fields that together make the command; absent: the image's applies. */
export type Command = Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>;

/**
 * Entrypoint and command as the user meant them, decided together because the engine merges them
 * together: the image's `Cmd` applies only where neither an entrypoint nor a command was given, the
 * image's `Entrypoint` only where none was given.
 *
 * `--entrypoint ""` is stored as null, and null in a request would mean "the image's": it has to be
 * sent as `[""]`. An empty list, which stays one, clears the entrypoint but not the image's `Cmd`.
 */
export function commandOf(container: ContainerConfig, image: ContainerConfig | null): Command {
  const entrypoint = container.Entrypoint ?? null;
  const ownCommand = isEmpty(container.Cmd) ? {} : { Cmd: container.Cmd ?? [] };
  const differingCommand = isSameList(container.Cmd, image?.Cmd) ? {} : ownCommand;

  if (entrypoint === null) {
    const isCleared = image === null || !isEmpty(image.Entrypoint);
    // The engine refuses a cleared entrypoint without a command: such a container cannot exist.
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
  // An entrypoint like the image's without the image's command must have been given by the user.
  if (isEmpty(container.Cmd) && !isEmpty(image.Cmd)) return { Entrypoint: entrypoint };
  return differingCommand;
}

function isEmpty(list: readonly string[] | null | undefined): boolean {
  return (list ?? []).length === 0;
}
