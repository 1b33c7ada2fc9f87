/** A JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

export const text: Schema = { type: 'string' };
export const textOrNull: Schema = { type: ['string', 'null'] };
export const time: Schema = { type: 'string', format: 'date-time' };
export const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };
export const flag: Schema = { type: 'boolean' };
export const millisecondsOrNull: Schema = { type: ['integer', 'null'], minimum: 0 };

/** A schema of `SCHEMAS`; a test checks that the name exists. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

export function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** Every property is always present, except those named optional. */
export function object(
  properties: Record<string, Schema>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

/** A page of a list whose items are of the named schema. */
export function pageOf(item: string): Schema {
  return object({
    items: list(ref(item)),
    next: { ...textOrNull, description: 'cursor of the next page' },
  });
}

/** The body of a request: only the named properties are allowed, and only `required` ones are required. */
export function requestBody(
  properties: Record<string, Schema>,
  required: readonly string[] = [],
): Schema {
  const needs = required.length === 0 ? {} : { required };
  return { type: 'object', properties, additionalProperties: false, ...needs };
}
