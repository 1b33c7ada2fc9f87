/**
 * A field of parsed JSON: undefined where `value` is no object or has no such field of its own, so that
 * neither arrays and strings nor a prototype can answer for it.
 */
export function ownField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
