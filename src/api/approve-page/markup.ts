/** HTML that may be sent as it is. */
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
 * Puts values into HTML. Whatever is not `Markup` itself is text, and escaped, also
 * inside of attributes in quotes.
 * Not called `html`: prettier would lay such templates out anew, and the hash of a style would not hold.
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
