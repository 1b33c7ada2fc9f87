/** HTML that is safe to send. */
export class Markup {
  constructor(readonly text: string) {}
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Inserts values into HTML. Strings are escaped, also for use inside quoted attributes; `Markup` is not.
 * Not called `html`: prettier would reformat such templates, and the hash of a style would no longer match.
 */
export function markup(
  strings: TemplateStringsArray,
  ...values: readonly (string | Markup | readonly Markup[])[]
): Markup {
  const parts = strings.map((part, index) => `${part}${inserted(values[index] ?? '')}`);
  return new Markup(parts.join(''));
}

function inserted(value: string | Markup | readonly Markup[]): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (each) => ENTITIES[each] ?? '');
  return value.map(({ text }) => text).join('');
}
