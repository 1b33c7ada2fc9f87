import { isSameList } from './defined-fields.js';

/**
 * The environment variables of a container that its user set.
 *
 * The engine stores the user's entries first and then, in the image's order, those of the image that the user did not
 * set. So the user's entries are the shortest prefix of the list whose remainder is exactly what the engine would have
 * appended. Comparing values instead would lose a variable that the user pinned to what happened to be the old image's
 * default.
 *
 * Entries without `=` are kept: they remove a variable of the image.
 * If there is no such prefix (another kind of engine), every entry that is not literally the image's counts as the
 * user's.
 */
export function userEnvironment(container: readonly string[], image: readonly string[]): string[] {
  for (let length = 0; length <= container.length; length += 1) {
    const user = container.slice(0, length);
    if (isSameList(container.slice(length), appendedByEngine(user, image))) return user;
  }
  return container.filter((entry) => !image.includes(entry));
}

function appendedByEngine(user: readonly string[], image: readonly string[]): string[] {
  const named = new Set(user.map(variableOf));
  return image.filter((entry) => !named.has(variableOf(entry)));
}

function variableOf(entry: string): string {
  return entry.split('=', 1)[0] ?? entry;
}
