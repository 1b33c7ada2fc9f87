/** Control characters, including 8-bit terminal controls, and characters that reverse, hide or break text. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Untrusted text, made safe for a message: in quotes, on one line, without effect on a terminal. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSHOWABLE, (found) =>
    Array.from({ length: found.length }, (_, at) => escapeOf(found.charCodeAt(at))).join(''),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
