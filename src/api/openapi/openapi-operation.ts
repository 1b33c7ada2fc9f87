import type { RouteAccess } from '../../access/requires.decorator.js';
import { ref, type Schema } from './openapi-schema.js';

/** What the OpenAPI document says about one route. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly access: RouteAccess;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** Media type of the body. Default: JSON. */
  readonly bodyType?: string;
  /** By status: its meaning, and the schema by media type. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Statuses of the problems that this route may answer beside those of every route. */
  readonly problems?: readonly number[];
}

/** Operations by method and path: `GET /api/v1/deployments/{id}`. */
export type Operations = Readonly<Record<string, Operation>>;

interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, Schema>>;
}

/** The parameters of every list. */
export const PAGE: Readonly<Record<string, Schema>> = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: { type: 'string', description: 'the "next" of an earlier answer' },
};

/** The header by which a client resumes a stream. */
export const LAST_EVENT_ID: Readonly<Record<string, Schema>> = {
  'Last-Event-ID': { type: 'string', description: 'resumes after this event' },
};

/** The content of an event stream. */
export const STREAM: Schema = { type: 'string', description: 'server-sent events' };

/** The problems of every route that takes a body and acts on something that must be in the right state. */
export const ACTION_PROBLEMS: readonly number[] = [400, 404, 409, 413, 415];

/** An answer that is an HTML page. */
export function page(description: string): Answer {
  return { description, content: { 'text/html': { type: 'string' } } };
}

/** An answer of JSON. */
export function json(description: string, schema: Schema): Answer {
  return { description, content: { 'application/json': schema } };
}

/** An answer without a body. */
export function noContent(description: string): Answer {
  return { description, content: {} };
}

/** A list that is read page by page. */
export function listOperation(
  id: string,
  summary: string,
  access: RouteAccess,
  schema: string,
): Operation {
  return {
    id,
    summary,
    access,
    query: PAGE,
    answers: { 200: json('a page', ref(schema)) },
    problems: [400],
  };
}

/** A decision of a person about a deployment. */
export function verdictOperation(id: string, summary: string): Operation {
  return {
    id,
    summary,
    access: 'operator',
    body: ref('VerdictRequest'),
    answers: { 200: json('the deployment', ref('Deployment')) },
    problems: ACTION_PROBLEMS,
  };
}
