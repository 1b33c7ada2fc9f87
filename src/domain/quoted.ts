/** Control characters (those of a terminal's eight-bit commands too), and what turns, hides or breaks writing. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of somebody else's as it may stand in a message: in quotes, on one line, without an effect on a terminal. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSHOWABLE, (found) =>
    Array.from({ length: found.length }, (_, at) => escapeOf(found.charCodeAt(at))).join(''),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
