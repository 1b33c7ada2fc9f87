import { isSameList } from './defined-fields.js';

/**
 * Which of a container's environment variables its user set.
 *
 * The engine stores the user's entries first and then, in the image's order, those of the image
 * that no entry of the user names. So the user's are the shortest beginning of the list whose
 * remainder is exactly what the engine would have appended. Comparing values instead would lose a
 * variable that the user pinned to the value that happened to be the old image's default.
 *
 * Entries without `=` are kept: they take a variable of the image away.
 * Where no such beginning exists (another kind of engine), every entry that is not literally the
 * image's counts as the user's.
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
