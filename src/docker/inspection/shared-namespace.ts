const SHARED = /^container:(.+)$/;

/** Id or name of the container whose namespace a mode joins (`container:<id>`); null for other modes. */
export function joinedContainer(mode: string | undefined): string | null {
  return SHARED.exec(mode ?? '')?.[1] ?? null;
}

/**
 * The same mode with the joined container's name instead of its id: an inspection always shows the id, which becomes
 * invalid when that container is replaced. The id of a container that no longer exists is kept.
 */
export function modeByName(
  mode: string | undefined,
  containerNames: ReadonlyMap<string, string>,
): string | undefined {
  const joined = joinedContainer(mode);
  const name = joined === null ? undefined : containerNames.get(joined);
  return name === undefined ? mode : `container:${name}`;
}
