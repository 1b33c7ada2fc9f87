/** The record without undefined and null fields, for which the default of the engine or image applies. */
export function definedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** The list, or undefined if it is empty, so that it is not sent. */
export function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Whether two lists contain the same strings in the same order; null and absent count as empty. */
export function isSameList(
  one: readonly string[] | null | undefined,
  other: readonly string[] | null | undefined,
): boolean {
  const left = one ?? [];
  const right = other ?? [];
  return left.length === right.length && left.every((entry, index) => entry === right[index]);
}
