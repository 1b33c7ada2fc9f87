/** A link as an inspection shows it: `/target:/self/alias`. */
const INSPECTED = /^\/([^/:]+):\/.*\/([^/:]+)$/;

/**
 * `Links` as a user writes them, `target:alias`. An inspection includes the linking container's own name, which may
 * be temporary. Other forms are returned as they are.
 */
export function linksAsWritten(
  links: readonly string[] | null | undefined,
): readonly string[] | undefined {
  return links?.map((link) => link.replace(INSPECTED, '$1:$2'));
}

/** Name of the container that a link points to, in either form. */
export function linkTarget(link: string): string {
  return (link.split(':', 1)[0] ?? link).replace(/^\//, '');
}
