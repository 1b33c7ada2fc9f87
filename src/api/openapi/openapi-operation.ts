import type { RouteAccess } from '../../access/requires.decorator.js';
import type { Schema } from './openapi-schemas.js';

/** What the OpenAPI document says of one route. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly access: RouteAccess;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** Media type of the body; JSON where it is left out. */
  readonly bodyType?: string;
  /** By status: what it means, and the schema by media type. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Statuses of problems that this route may answer beside those that every route may. */
  readonly problems?: readonly number[];
}

interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, Schema>>;
}

/** The parameters of every list. */
export const PAGE: Readonly<Record<string, Schema>> = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: { type: 'string', description: 'the "next" of an earlier answer' },
};
/** An answer that is a page for people. */
export function page(description: string): Answer {
  return { description, content: { 'text/html': { type: 'string' } } };
}

/** An answer of JSON. */
export function json(description: string, schema: Schema): Answer {
  return { description, content: { 'application/json': schema } };
}
