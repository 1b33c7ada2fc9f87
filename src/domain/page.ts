/** One page of a list. `next` is the id after which the following page continues; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The requested page of a list that was read with `limit` + 1 items. */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  limit: number,
): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: items.length > limit && last !== undefined ? last.id : null };
}
