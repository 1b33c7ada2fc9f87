const SHARED = /^container:(.+)$/;

/** Id or name of the container whose namespace a mode joins (`container:<id>`); null for other modes. */
export function joinedContainer(mode: string | undefined): string | null {
  return SHARED.exec(mode ?? '')?.[1] ?? null;
}

/**
 * The same mode with the joined container's name for its id: an inspection always shows the id, and
 * ids die when that container is replaced. An id that no container bears any more stays.
 */
export function modeByName(
  mode: string | undefined,
  containerNames: ReadonlyMap<string, string>,
): string | undefined {
  const joined = joinedContainer(mode);
  const name = joined === null ? undefined : containerNames.get(joined);
  return name === undefined ? mode : `container:${name}`;
}
