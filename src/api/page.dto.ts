import { cursorOf } from './cursor.dto.js';

/** The form of every list. `next`: the cursor of the following page; null on the last. */
export interface PageView<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A page whose `next` is still the position that the following one comes after. */
export function pageView<T, V>(
  page: { readonly items: readonly T[]; readonly next: string | null },
  view: (item: T) => V,
): PageView<V> {
  return {
    items: page.items.map((item) => view(item)),
    next: page.next === null ? null : cursorOf(page.next),
  };
}
