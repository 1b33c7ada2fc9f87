import { cursorOf } from './cursor.dto.js';

/** A page of any list. `next`: the cursor of the next page; null on the last. */
export interface PageView<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The view of a page whose `next` is still a position. */
export function pageView<T, V>(
  page: { readonly items: readonly T[]; readonly next: string | null },
  view: (item: T) => V,
): PageView<V> {
  return {
    items: page.items.map((item) => view(item)),
    next: page.next === null ? null : cursorOf(page.next),
  };
}
