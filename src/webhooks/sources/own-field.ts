/**
 * A field of parsed JSON; undefined unless `value` is an object that has the field itself, so that
 * neither arrays, strings nor a prototype can supply it.
 */
export function ownField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
