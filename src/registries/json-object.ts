/**
 * Parses text that must be a JSON object; null for anything else. The parser's message is dropped on purpose:
 * it quotes the text, which may contain secrets.
 */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return asJsonObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The value itself if it is a JSON object, else null. */
export function asJsonObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
